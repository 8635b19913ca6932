import { describe, expect, it } from '@jest/globals';
import { TransportError } from '../../lib/errors.js';
import { compareEntryIds } from '../../lib/wire/entry-id.js';
import type { EventStore } from '../../lib/store/event-store.js';
import type { Member } from '../../lib/store/consumer-groups.js';
import {
  ALL,
  append,
  AWKWARD_FIELDS,
  consumerOf,
  idParts,
  ids,
  KEEP_ALL,
  newStream,
  values,
  type Current,
} from './contract-fixtures.js';

export function describeGroups(current: Current): void {
  describe('openGroup', () => {
    it("starts before all of history with '0'", async () => {
      const { store } = current();
      const w1 = consumerOf(newStream());
      await append(store, w1.stream, 1, 2);
      const state = await store.openGroup(w1, { since: '0' });
      expect(state).toMatchObject({
        created: true,
        lastDeliveredId: '0-0',
        ahead: 2,
        vanished: null,
      });
      expect(values(await store.readNew(w1, 10))).toEqual(['1', '2']);
    });

    it("starts after the newest entry with '$'", async () => {
      const { store } = current();
      const w1 = consumerOf(newStream());
      const [, newest] = await append(store, w1.stream, 1, 2);
      const state = await store.openGroup(w1, { since: '$' });
      expect(state).toMatchObject({
        created: true,
        lastDeliveredId: newest,
        ahead: 0,
        vanished: null,
      });
      await append(store, w1.stream, 3);
      expect(values(await store.readNew(w1, 10))).toEqual(['3']);
    });

    it('starts after an entry with its id', async () => {
      const { store } = current();
      const w1 = consumerOf(newStream());
      const [, second] = await append(store, w1.stream, 1, 2, 3, 4, 5);
      const state = await store.openGroup(w1, { since: second! });
      expect(state).toMatchObject({
        created: true,
        lastDeliveredId: second,
        ahead: 3,
        vanished: null,
      });
      expect(values(await store.readNew(w1, 10))).toEqual(['3', '4', '5']);
    });

    it('takes milliseconds alone for the first id of that millisecond', async () => {
      const { store } = current();
      const w1 = consumerOf(newStream());
      const [first] = await append(store, w1.stream, 1);
      const [ms] = idParts(first!);

      const before = await store.openGroup(w1, { since: String(ms - 1n) });
      const after = await store.openGroup(
        { ...w1, group: 'later' },
        { since: String(ms + 60_000n) },
      );

      expect(before).toMatchObject({
        created: true,
        lastDeliveredId: `${ms - 1n}-0`,
        ahead: 1,
        vanished: null,
      });
      expect(after).toMatchObject({
        created: true,
        lastDeliveredId: `${ms + 60_000n}-0`,
        ahead: 0,
        vanished: null,
      });
    });

    it('makes a stream that does not exist, without an entry', async () => {
      const { store } = current();
      const w1 = consumerOf(newStream());
      const state = await store.openGroup(w1, { since: '$' });
      expect(state).toMatchObject({
        created: true,
        lastDeliveredId: '0-0',
        ahead: 0,
        vanished: null,
      });
      expect(await store.range(w1.stream, ALL)).toEqual([]);
      await append(store, w1.stream, 1);
      expect(values(await store.readNew(w1, 10))).toEqual(['1']);
    });

    it('leaves an existing group where it is, and says where that is', async () => {
      const { store, other } = current();
      const w1 = consumerOf(newStream());
      const [, second] = await append(store, w1.stream, 1, 2, 3);
      await store.openGroup(w1, { since: '0' });
      await store.readNew(w1, 2);

      const again = await other.openGroup(consumerOf(w1.stream, 'w2'), { since: '0' });

      expect(again).toMatchObject({
        created: false,
        lastDeliveredId: second,
        ahead: 1,
        vanished: null,
      });
      expect(values(await store.readNew(w1, 10))).toEqual(['3']);
    });

    it('makes a group once, however many consumers open it together', async () => {
      const { store, other } = current();
      const stream = newStream();
      const states = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          (i % 2 ? other : store).openGroup(consumerOf(stream, `w${i}`), { since: '0' }),
        ),
      );
      expect(states.filter(({ created }) => created)).toHaveLength(1);
    });

    it('says where a group is, and makes none by asking', async () => {
      const { store, other } = current();
      const w1 = consumerOf(newStream());
      expect(await store.lastDeliveredId(w1)).toBeNull();
      const [first] = await append(store, w1.stream, 1, 2);
      expect(await store.lastDeliveredId(w1)).toBeNull();
      await store.openGroup(w1, { since: '0' });
      await store.readNew(w1, 1);
      expect(await other.lastDeliveredId(consumerOf(w1.stream, 'w2'))).toBe(first);
      expect(await other.lastDeliveredId(consumerOf(w1.stream, 'w1', 'another'))).toBeNull();
    });

    it('says whether a group that it made had been there before', async () => {
      const { store } = current();
      const [w1, w2] = [consumerOf(newStream()), consumerOf(newStream())];
      expect((await store.openGroup(w1, { since: '0' })).remade).toBe(false);
      expect((await store.openGroup(w1, { since: '0', acknowledged: '0-0' })).remade).toBe(false);
      expect((await store.openGroup(w2, { since: '0', acknowledged: '0-0' })).remade).toBe(true);
    });

    it('makes a group after the last entry that the process knows to be acknowledged, if it does', async () => {
      const { store } = current();
      const w1 = consumerOf(newStream());
      const [, second, third] = await append(store, w1.stream, 1, 2, 3);
      const options = { since: '0', acknowledged: second!, newest: third! };
      const state = await store.openGroup(w1, options);
      expect(state).toMatchObject({
        created: true,
        lastDeliveredId: second,
        ahead: 1,
        vanished: null,
      });
      expect(values(await store.readNew(w1, 10))).toEqual(['3']);
    });

    it('heeds nothing that the process knows where the group exists', async () => {
      const { store } = current();
      const w1 = consumerOf(newStream());
      const [first, second] = await append(store, w1.stream, 1, 2);
      await store.openGroup(w1, { since: '0' });
      const options = { since: '$', acknowledged: second!, newest: second! };
      const state = await store.openGroup(w1, options);
      expect(state).toMatchObject({
        created: false,
        lastDeliveredId: '0-0',
        vanished: null,
      });
      expect(ids(await store.readNew(w1, 10))).toEqual([first, second]);
    });

    it.each([
      ['is gone', 0],
      ['has been made anew, with entries', 3],
    ])(
      'tells that history is lost where the stream %s, and starts at its beginning',
      async (_, count) => {
        const { store } = current();
        const w1 = consumerOf(newStream());
        for (let n = 1; n <= count; n++) await append(store, w1.stream, n);
        const known = { acknowledged: '1700000000000-1', newest: '1700000000000-5' };
        const state = await store.openGroup(w1, { since: '$', ...known });
        expect(state).toMatchObject({
          created: true,
          lastDeliveredId: '0-0',
          ahead: count,
          vanished: { after: '1700000000000-1', until: null },
        });
        await store.told(w1, 'vanished', state.vanished!);
        expect((await store.openGroup(w1, { since: '$', ...known })).vanished).toBeNull();
        expect(await store.readNew(w1, 10)).toHaveLength(count);
      },
    );

    it('does not take a stream for another one because what it held was deleted', async () => {
      const { store, deleteUpTo } = current();
      const w1 = consumerOf(newStream());
      const [first, second] = await append(store, w1.stream, 1, 2, 3);
      await deleteUpTo(w1.stream, second!);
      const options = { since: '0', acknowledged: first!, newest: first! };
      const state = await store.openGroup(w1, options);
      expect(state.vanished?.until).not.toBeNull();
      expect(values(await store.readNew(w1, 1))).toEqual(['3']);
    });

    it('says what the newest entry is that the stream has held', async () => {
      const { store, deleteUpTo } = current();
      const w1 = consumerOf(newStream());
      expect((await store.openGroup(w1, { since: '$' })).newest).toBeNull();
      const [first] = await append(store, w1.stream, 1);
      expect((await store.openGroup(w1, { since: '$' })).newest).toBe(first);
      await deleteUpTo(w1.stream, first!);
      const { newest } = await store.openGroup(w1, { since: '$' });
      expect(compareEntryIds(newest!, first!)).toBeGreaterThanOrEqual(0);
    });

    it.each(['yesterday', '', '-', '1-x'])('refuses to start at %j', async (since) => {
      const { store } = current();
      const opening = store.openGroup(consumerOf(newStream()), { since: since });
      await expect(opening).rejects.toBeInstanceOf(TransportError);
    });
  });

  describe('readNew', () => {
    it('hands out entries in order, no more than count, as a first delivery', async () => {
      const { store } = current();
      const w1 = consumerOf(newStream());
      const stored = await append(store, w1.stream, 1, 2, 3);
      await store.openGroup(w1, { since: '0' });
      const read = await store.readNew(w1, 2);
      expect(read).toEqual([
        { nativeId: stored[0], fields: ['value', '1'], deliveryCount: 1, attempts: 0 },
        { nativeId: stored[1], fields: ['value', '2'], deliveryCount: 1, attempts: 0 },
      ]);
      expect(values(await store.readNew(w1, 2))).toEqual(['3']);
    });

    it('finds nothing, without waiting, once everything was handed out', async () => {
      const { store } = current();
      const w1 = consumerOf(newStream());
      await store.openGroup(w1, { since: '0' });
      expect(await store.readNew(w1, 1)).toEqual([]);
      await append(store, w1.stream, 1);
      await store.readNew(w1, 1);
      expect(await store.readNew(w1, 1)).toEqual([]);
    });

    it('skips what was deleted before it was read', async () => {
      const { store, deleteUpTo } = current();
      const w1 = consumerOf(newStream());
      const [first] = await append(store, w1.stream, 1, 2);
      await store.openGroup(w1, { since: '0' });
      await deleteUpTo(w1.stream, first!);
      expect(values(await store.readNew(w1, 1))).toEqual(['2']);
    });

    it('keeps names and values byte for byte, in every way of reading', async () => {
      const { store } = current();
      const w1 = consumerOf(newStream());
      const w2 = consumerOf(w1.stream, 'w2');
      await store.append(w1.stream, [AWKWARD_FIELDS], KEEP_ALL);
      for (const member of [w1, w2]) await store.openGroup(member, { since: '0' });
      expect((await store.readNew(w1, 1))[0]?.fields).toEqual(AWKWARD_FIELDS);
      expect((await store.readPending(w1, '0-0', 1))[0]?.fields).toEqual(AWKWARD_FIELDS);
      const claimed = await store.claim(w2, 0, '-', 1);
      expect(claimed.entries[0]?.fields).toEqual(AWKWARD_FIELDS);
    });

    it('gives every group every entry', async () => {
      const { store } = current();
      const stock = consumerOf(newStream(), 'w1', 'shop-stock');
      const mail = { ...stock, group: 'shop-mail' };
      await append(store, stock.stream, 1, 2);
      await store.openGroup(stock, { since: '0' });
      await store.openGroup(mail, { since: '0' });

      const stored = ids(await store.readNew(stock, 10));
      expect(ids(await store.readNew(mail, 10))).toEqual(stored);
      await store.acknowledge(stock, stored);

      expect(await store.readPending(stock, '0-0', 10)).toEqual([]);
      expect(ids(await store.readPending(mail, '0-0', 10))).toEqual(stored);
    });

    it('gives every entry to one consumer of a group', async () => {
      const { store, other } = current();
      const stream = newStream();
      const stored = await append(store, stream, ...Array.from({ length: 60 }, (_, i) => i));
      await store.openGroup(consumerOf(stream), { since: '0' });
      const reads = await Promise.all(
        Array.from({ length: 30 }, (_, i) =>
          (i % 2 ? other : store).readNew(consumerOf(stream, `w${i % 4}`), 2),
        ),
      );
      const handedOut = reads.flatMap(ids);
      expect(handedOut).toHaveLength(60);
      expect(new Set(handedOut)).toEqual(new Set(stored));
    });
  });

  describe('refreshing, cleaning up and looking', () => {
    it('disturb nobody: what is pending stays pending, as it was delivered', async () => {
      const { store, other } = current();
      const w1 = consumerOf(newStream());
      const w2 = consumerOf(w1.stream, 'w2');
      const stored = await append(store, w1.stream, 1, 2, 3);
      await store.openGroup(w1, { since: '0' });
      await store.openGroup(w2, { since: '0' });
      await store.readNew(w1, 2);

      await store.refresh(w1);
      await other.refresh(w2);
      expect(await other.cleanUp(w2, 60_000)).toBe(0);
      await store.look(w1.stream, [w1.group]);

      const pending = await store.readPending(w1, '0-0', 10);
      expect(ids(pending)).toEqual(stored.slice(0, 2));
      expect(pending.map(({ deliveryCount }) => deliveryCount)).toEqual([2, 2]);
      expect(ids(await other.readNew(w2, 10))).toEqual(stored.slice(2));
    });
  });

  describe('a group that does not exist', () => {
    const calls: [string, (store: EventStore, ref: Member) => Promise<unknown>][] = [
      ['refresh', (store, ref) => store.refresh(ref)],
      ['cleanUp', (store, ref) => store.cleanUp(ref, 1000)],
      ['readNew', (store, ref) => store.readNew(ref, 1)],
      ['readPending', (store, ref) => store.readPending(ref, '0-0', 1)],
      ['claim', (store, ref) => store.claim(ref, 0, '-', 1)],
      ['acknowledge', (store, ref) => store.acknowledge(ref, ['1-1'])],
      ['keepAlive', (store, ref) => store.keepAlive(ref, ['1-1'])],
      [
        'deadLetter',
        (store, ref) =>
          store.deadLetter(ref, '1-1', {
            listener: 'stock',
            reason: 'failed',
            message: 'no stock',
            attempts: 1,
          }),
      ],
    ];

    it.each(calls)('rejects %s and says so, with and without the stream', async (_, call) => {
      const { store } = current();
      const ref = consumerOf(newStream());
      await expect(call(store, ref)).rejects.toBeInstanceOf(TransportError);
      await append(store, ref.stream, 1);
      await store.openGroup({ ...ref, group: 'another' }, { since: '0' });
      await expect(call(store, ref)).rejects.toThrow(/^NOGROUP |group's state was deleted/);
    });
  });
}
