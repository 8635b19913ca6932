import { describe, expect, it } from '@jest/globals';
import { BusClosedError, TransportError } from '../../lib/errors.js';
import type { ConsumerRef, EventTransport } from '../../lib/transport/transport.js';
import {
  ALL,
  append,
  consumerOf,
  entry,
  KEEP_ALL,
  newStream,
  type Current,
} from './contract-fixtures.js';

const HOLDER = { host: 'here', pid: 1, since: 'now', token: 'us' };

const CALLS: [string, (transport: EventTransport, ref: ConsumerRef) => Promise<unknown>][] = [
  ['connect', (transport) => transport.connect(1000)],
  ['append', (transport, { stream }) => transport.append(stream, [entry(1)], KEEP_ALL)],
  ['lease', (transport, ref) => transport.lease(ref, HOLDER, 1000)],
  ['release', (transport, ref) => transport.release(ref, HOLDER)],
  ['openGroup', (transport, ref) => transport.openGroup(ref, { since: '0' })],
  ['maintain', (transport, ref) => transport.maintain(ref, 1000)],
  ['groupPosition', (transport, ref) => transport.groupPosition(ref)],
  ['readPending', (transport, ref) => transport.readPending(ref, '0-0', 1)],
  ['claim', (transport, ref) => transport.claim(ref, 0, '-', 1)],
  ['readNew', (transport, ref) => transport.readNew(ref, 1)],
  ['acknowledge', (transport, ref) => transport.acknowledge(ref, ['1-1'])],
  ['keepAlive', (transport, ref) => transport.keepAlive(ref, ['1-1'])],
  [
    'deadLetter',
    (transport, ref) =>
      transport.deadLetter(ref, '1-1', { listener: 'l', reason: 'r', message: 'm', attempts: 1 }),
  ],
  ['deadLetters', (transport, ref) => transport.deadLetters(ref, '0-0', 1)],
  ['redrive', (transport, ref) => transport.redrive(ref, '1-1')],
  ['discard', (transport, ref) => transport.discard(ref, ['1-1'])],
  ['range', (transport, { stream }) => transport.range(stream, ALL)],
  ['findStreams', (transport, { stream }) => transport.findStreams(stream, '')],
];

export function describeClosing(current: Current): void {
  describe('close', () => {
    it('can be called again, also at the same time', async () => {
      const { transport } = current();
      await Promise.all([transport.close(), transport.close()]);
      await transport.close();
    });

    it('wakes those who wait, and nobody waits afterwards', async () => {
      const { transport } = current();
      const stream = newStream();
      const signal = new AbortController().signal;
      const [first] = await append(transport, stream, 1);
      const waiting = transport.whenAppended(stream, first!, signal);
      await transport.close();
      expect(await waiting).toBe(first);
      expect(await transport.whenAppended(stream, '0-0', signal)).toBe('0-0');
    });

    it('makes append reject with a BusClosedError: nothing was stored, and nothing will be', async () => {
      const { transport } = current();
      await transport.close();
      const attempt = transport.append(newStream(), [entry(1)], KEEP_ALL);
      await expect(attempt).rejects.toBeInstanceOf(BusClosedError);
    });

    it.each(CALLS)('makes %s reject with a TransportError that says so', async (_, call) => {
      const { transport } = current();
      const ref = consumerOf(newStream());
      await transport.openGroup(ref, { since: '0' });
      await transport.close();
      const failure = await call(transport, ref).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(TransportError);
      expect((failure as Error).message).toMatch(/closed/);
    });
  });
}
