import { describe, expect, it } from '@jest/globals';
import { ConcurrencyError } from '../../lib/fire-errors.js';
import type { FlatFields } from '../../lib/store/entries.js';
import type { AppendOnceOptions, EventStore, OncePlace } from '../../lib/store/event-store.js';
import { newEventId } from '../../lib/wire/event-id.js';
import { ALL, ids, KEEP_ALL, type Current } from './contract-fixtures.js';
import { counted, KEYS, newOrders, order, placesOf } from './entity-fixtures.js';

/** Stores events of the order 'a', if it has so many. */
export function appendExpecting(
  store: EventStore,
  stream: string,
  version: number | 'any',
  entries: readonly FlatFields[],
  options: Partial<AppendOnceOptions> = {},
): Promise<OncePlace[]> {
  const expected = { keys: KEYS, entity: order('a'), version };
  return store.appendOnce(stream, entries, {
    ...KEEP_ALL,
    onceWithinMs: 600_000,
    areNew: true,
    expected,
    ...options,
  });
}

export function describeExpectations(current: Current): void {
  describe('an append that expects a number of events of its entity', () => {
    it('stores only where that is so, and says what is', async () => {
      const { store, other } = current();
      const { stream, placed } = newOrders();
      const [first] = await appendExpecting(store, stream, 0, [placed('a')]);
      expect(first).toEqual({ nativeId: first!.nativeId, sequence: 1 });
      const late = placed('a', 'late');
      const refused = appendExpecting(other, stream, 0, [late]);
      await expect(refused).rejects.toBeInstanceOf(ConcurrencyError);
      await expect(refused).rejects.toMatchObject({
        key: 'a',
        expected: 0,
        actual: 1,
        ids: ['late'],
        stored: [],
      });
      await expect(appendExpecting(other, stream, 2, [late])).rejects.toMatchObject({ actual: 1 });
      const [second] = await appendExpecting(other, stream, 1, [late]);
      expect(second).toEqual({ nativeId: second!.nativeId, sequence: 2 });
      const [any] = await appendExpecting(store, stream, 'any', [placed('a')]);
      expect(any?.sequence).toBe(3);
      expect(ids(await store.range(stream, ALL))).toEqual(
        [first, second, any].map((place) => place?.nativeId),
      );
    });

    it('that knows the last of them stores only behind that one', async () => {
      const { store, other, deleteUpTo } = current();
      const { stream, placed } = newOrders();
      const behind = (version: number | 'any', last: string | undefined) =>
        appendExpecting(store, stream, version, [placed('a')], {
          expected: { keys: KEYS, entity: order('a'), version, last },
        });
      const [first] = await behind(0, undefined);
      const [second] = await behind(1, first!.nativeId);
      await expect(behind(2, first!.nativeId)).rejects.toMatchObject({
        message: expect.stringContaining(
          `the last of them ${first!.nativeId}, and another one is there`,
        ),
        ...{ expected: 2, actual: 2 },
      });
      await expect(behind(1, second!.nativeId)).rejects.toMatchObject({ expected: 1, actual: 2 });
      const [third] = await behind(2, second!.nativeId);
      // As many as before, and others: history has lost one, and somebody was faster.
      await deleteUpTo(stream, first!.nativeId);
      await other.append(stream, [placed('a')], KEEP_ALL);
      await expect(behind(3, third!.nativeId)).rejects.toBeInstanceOf(ConcurrencyError);
      expect(await behind('any', first!.nativeId)).toMatchObject([{ sequence: 4 }]);
      expect(await placesOf(store, stream, 'a')).toHaveLength(4);
    });

    it('heeds what was stored without one, and nothing of other entities', async () => {
      const { store, other } = current();
      const { stream, event, placed } = newOrders();
      const before = [placed('a'), placed('b'), event('paid', { orderId: 'a' }), event('x', {})];
      await other.append(stream, before, KEEP_ALL);
      await expect(appendExpecting(store, stream, 1, [placed('a')])).rejects.toMatchObject({
        actual: 2,
      });
      await other.append(stream, [placed('b'), placed('a')], KEEP_ALL);
      const [next] = await appendExpecting(store, stream, 3, [placed('a')]);
      expect(next?.sequence).toBe(4);
    });

    it('stores several of one entity, across chunks of the index, or none', async () => {
      const { store, other } = current();
      const { stream, placed } = newOrders();
      const batch = (count: number) => Array.from({ length: count }, () => placed('a'));
      await appendExpecting(store, stream, 0, batch(60));
      await expect(appendExpecting(other, stream, 0, batch(3))).rejects.toMatchObject({
        actual: 60,
      });
      const stored = await appendExpecting(other, stream, 60, batch(80));
      expect(stored.map(({ sequence }) => sequence)).toEqual(
        Array.from({ length: 80 }, (_, i) => 61 + i),
      );
      const places = await placesOf(store, stream, 'a', { start: stored[0]!.nativeId });
      expect(places).toEqual(stored);
      expect(await store.range(stream, ALL)).toHaveLength(140);
    });

    it('resolves to what was stored under its ids, whatever has happened to the entity since', async () => {
      const { store, other } = current();
      const { stream, placed } = newOrders();
      for (const id of ['of its own', newEventId(store.time)]) {
        const before = (await placesOf(store, stream, 'a')).length;
        const given = [placed('a', `${id} 1`), placed('a', `${id} 2`), placed('a', id)];
        const stored = await appendExpecting(store, stream, before, given);
        await appendExpecting(other, stream, before + 3, [placed('a')]);
        const changed = given.map((fields) => [...fields, ':more', '1']);
        const again = await appendExpecting(other, stream, before, changed, { areNew: false });
        expect(again).toEqual(stored.map((place, i) => ({ ...place, found: given[i] })));
        expect(again.map(({ sequence }) => sequence)).toEqual([before + 1, before + 2, before + 3]);
      }
    });

    it('checks where some are missing, and numbers those that were there', async () => {
      const { store } = current();
      const { stream, placed } = newOrders();
      const [a, b] = [placed('a', 'id a'), placed('a', 'id b')];
      const [first] = await appendExpecting(store, stream, 0, [a]);
      const retry = (version: number) =>
        appendExpecting(store, stream, version, [a, b], { areNew: false });
      await expect(retry(0)).rejects.toMatchObject({ ids: ['id a', 'id b'], actual: 1 });
      const places = await retry(1);
      expect(places).toEqual([
        { ...first, found: a },
        { nativeId: places[1]!.nativeId, sequence: 2 },
      ]);
    });

    it('finds what was stored without it, and gives no number to what is gone', async () => {
      const { store, other, deleteUpTo } = current();
      const { stream, placed } = newOrders();
      const ours = placed('a', newEventId(store.time));
      const [nativeId] = await other.append(stream, [ours], KEEP_ALL);
      const again = () => appendExpecting(store, stream, 0, [ours], { areNew: false });
      expect(await again()).toEqual([{ nativeId, found: ours, sequence: 1 }]);

      const [first] = await appendExpecting(store, stream, 1, [placed('a', 'remembered')]);
      await deleteUpTo(stream, first!.nativeId);
      const gone = await appendExpecting(store, stream, 1, [placed('a', 'remembered')]);
      expect(gone).toEqual([{ nativeId: first!.nativeId, found: null }]);
    });

    it('looks for nothing in the stream where ids are new, and remembers them', async () => {
      const { store, other } = current();
      const { stream, placed } = newOrders();
      const options = { ...KEEP_ALL, onceWithinMs: 600_000 };
      const [a, b] = [placed('a', newEventId(store.time)), placed('a', newEventId(store.time))];
      // Nobody does that: it shows that nobody looks.
      await store.append(stream, [a], KEEP_ALL);
      const [blind] = await store.appendOnce(stream, [a], { ...options, areNew: true });
      expect(blind?.found).toBeUndefined();
      const [stored] = await store.appendOnce(stream, [b], { ...options, areNew: true });
      expect(await other.appendOnce(stream, [b], options)).toEqual([
        { nativeId: stored!.nativeId, found: b },
      ]);
      expect(await store.range(stream, ALL)).toHaveLength(3);
    });

    it('is built on all that is stored, also where what was known of it is gone', async () => {
      const { store, deleteIndex, deleteUpTo } = current();
      const { stream, placed } = newOrders();
      const stored = await store.append(
        stream,
        Array.from({ length: 700 }, (_, i) => placed(i % 7 ? 'b' : 'a')),
        KEEP_ALL,
      );
      await appendExpecting(store, stream, 100, [placed('a')]);
      await deleteIndex(stream);
      await appendExpecting(store, stream, 101, [placed('a')]);
      await deleteUpTo(stream, stored[0]!);
      const [last] = await appendExpecting(store, stream, 101, [placed('a')]);
      expect(last?.sequence).toBe(102);
    });

    it('lets one of many through that decide on the same state', async () => {
      const { store, other } = current();
      const { stream, placed } = newOrders();
      const all = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) =>
          appendExpecting(i % 2 ? other : store, stream, 0, [placed('a')]),
        ),
      );
      const lost = all.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      expect(lost).toHaveLength(19);
      for (const error of lost) expect(error).toBeInstanceOf(ConcurrencyError);
      expect(await placesOf(store, stream, 'a')).toEqual(
        counted(ids(await store.range(stream, ALL))),
      );
    });
  });
}
