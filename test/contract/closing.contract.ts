import { describe, expect, it } from '@jest/globals';
import { TransportError } from '../../lib/errors.js';
import { BusClosedError } from '../../lib/fire-errors.js';
import type { EventStore } from '../../lib/store/event-store.js';
import type { Member } from '../../lib/store/consumer-groups.js';
import {
  ALL,
  append,
  consumerOf,
  entry,
  KEEP_ALL,
  newStream,
  type Current,
} from './contract-fixtures.js';

const CALLS: [string, (store: EventStore, ref: Member) => Promise<unknown>][] = [
  ['connect', (store) => store.connect(1000)],
  ['beat', (store, { holder }) => store.beat(holder, 1000)],
  ['openGroup', (store, ref) => store.openGroup(ref, { since: '0' })],
  ['holds', (store, ref) => store.holds(ref)],
  ['handBack', (store, ref) => store.handBack(ref)],
  ['look', (store, { stream, group }) => store.look(stream, [group])],
  ['moveBaseline', (store, ref) => store.moveBaseline(ref, null, 'x', null)],
  ['told', (store, ref) => store.told(ref, 'vanished', { after: '1-1', until: null })],
  ['refresh', (store, ref) => store.refresh(ref)],
  ['cleanUp', (store, ref) => store.cleanUp(ref, 1000)],
  ['lastDeliveredId', (store, ref) => store.lastDeliveredId(ref)],
  ['readPending', (store, ref) => store.readPending(ref, '0-0', 1)],
  ['claim', (store, ref) => store.claim(ref, 0, '-', 1)],
  ['readNew', (store, ref) => store.readNew(ref, 1)],
  ['acknowledge', (store, ref) => store.acknowledge(ref, ['1-1'])],
  ['keepAlive', (store, ref) => store.keepAlive(ref, ['1-1'])],
  ['recordAttempts', (store, ref) => store.recordAttempts(ref, '1-1', 1, true)],
  ['interrupted', (store, ref) => store.interrupted(ref, 'w1')],
  ['countAttempt', (store, ref) => store.countAttempt(ref, '1-1')],
  [
    'deadLetter',
    (store, ref) =>
      store.deadLetter(ref, '1-1', { listener: 'l', reason: 'r', message: 'm', attempts: 1 }),
  ],
  ['deadLetters', (store, ref) => store.deadLetters(ref, { start: '-', end: '+', count: 1 })],
  ['redrive', (store, ref) => store.redrive(ref, [{ id: '1-1', nativeId: '1-1' }])],
  ['discard', (store, ref) => store.discard(ref, ['1-1'])],
  ['range', (store, { stream }) => store.range(stream, ALL)],
  ['findStreams', (store) => store.findStreams()],
  ['streamsOfApi', (store) => store.streamsOfApi('closed', true)],
];

export function describeClosing(current: Current): void {
  describe('close', () => {
    it('can be called again, also at the same time', async () => {
      const { store } = current();
      await Promise.all([store.close(), store.close()]);
      await store.close();
    });

    it('ends listening: nobody is told of anything any more', async () => {
      const { store } = current();
      const stream = newStream();
      let rung = 0;
      const stop = store.listen(stream, () => rung++);
      await append(store, stream, 1);
      await store.close();
      const before = rung;
      store.listen(stream, () => rung++);
      stop();
      await new Promise((resolve) => setImmediate(resolve));
      expect(rung).toBe(before);
    });

    it('makes append reject with a BusClosedError: nothing was stored, and nothing will be', async () => {
      const { store } = current();
      await store.close();
      const attempt = store.append(newStream(), [entry(1)], KEEP_ALL);
      await expect(attempt).rejects.toBeInstanceOf(BusClosedError);
      await expect(attempt).rejects.toMatchObject({
        retry: 'never',
        message: expect.stringContaining('closed'),
      });
    });

    it.each(CALLS)('makes %s reject with a TransportError that says so', async (_, call) => {
      const { store } = current();
      const ref = consumerOf(newStream());
      await store.openGroup(ref, { since: '0' });
      await store.close();
      const failure = await call(store, ref).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(TransportError);
      expect((failure as Error).message).toMatch(/closed/);
    });
  });
}
