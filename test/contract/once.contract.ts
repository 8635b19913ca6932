import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { PublishError } from '../../lib/fire-errors.js';
import { newEventId } from '../../lib/wire/event-id.js';
import type { EventStore } from '../../lib/store/event-store.js';
import type { FlatFields } from '../../lib/store/entries.js';
import { waitFor } from '../support/wait-for.js';
import { ALL, idParts, ids, KEEP_ALL, newStream, type Current } from './contract-fixtures.js';

const TEN_MINUTES = 600_000;

/** An entry as the serializer writes it. */
function eventOf(id: string, more: FlatFields = []): FlatFields {
  return ['id', id, 'api_name', 'shop', 'event_name', 'sold', 'version', '1', ...more];
}

export function describeOnce(current: Current): void {
  const ONCE = { ...KEEP_ALL, onceWithinMs: TEN_MINUTES };

  async function once(
    store: EventStore,
    stream: string,
    fields: FlatFields,
    options: { maxLength?: number | null; onceWithinMs?: number } = {},
  ): Promise<string[]> {
    const places = await store.appendOnce(stream, [fields], { ...ONCE, ...options });
    return places.map(({ nativeId }) => nativeId);
  }

  describe('appendOnce', () => {
    it('stores an id once, and resolves to the entry that is there', async () => {
      const { store, other } = current();
      const stream = newStream();
      const [first] = await once(store, stream, eventOf('a'));
      const [second] = await once(store, stream, eventOf('b'));
      expect(await once(other, stream, eventOf('a', [':n', '2']))).toEqual([first]);
      expect(await once(store, stream, eventOf('b'))).toEqual([second]);
      expect(await store.range(stream, ALL)).toEqual([
        { nativeId: first, fields: eventOf('a') },
        { nativeId: second, fields: eventOf('b') },
      ]);
    });

    it('finds what was stored without it under an id of ours, also of unknown time', async () => {
      const { store, other } = current();
      const stream = newStream();
      const time = await waitFor(() => store.time);
      for (const id of [newEventId(time), newEventId(undefined), newEventId(time - 60_000)]) {
        const [first] = await store.append(stream, [eventOf(id)], KEEP_ALL);
        expect(await once(other, stream, eventOf(id))).toEqual([first]);
        expect(await once(store, stream, eventOf(id))).toEqual([first]);
      }
      expect(await store.range(stream, ALL)).toHaveLength(3);
    });

    it('does not look into the stream for any other id', async () => {
      const { store } = current();
      const stream = newStream();
      for (const id of ['order-1', '018bcfe5-687b-7000-8000-000000000000', randomUUID()]) {
        const [first] = await store.append(stream, [eventOf(id)], KEEP_ALL);
        const [second] = await once(store, stream, eventOf(id));
        expect(second).not.toBe(first);
        expect(await once(store, stream, eventOf(id))).toEqual([second]);
      }
    });

    it('looks for an id of ours only as far back as it was told', async () => {
      const { store } = current();
      const stream = newStream();
      const id = newEventId(undefined);
      const [first] = await store.append(stream, [eventOf(id)], KEEP_ALL);
      const isPast = async () => {
        const [newest = ''] = await store.append(stream, [eventOf('other')], KEEP_ALL);
        return idParts(newest)[0] > idParts(first!)[0] + 50n;
      };
      await waitFor(isPast);
      const [second] = await once(store, stream, eventOf(id), { onceWithinMs: 50 });
      expect(second).not.toBe(first);
    });

    it('tells its time, never later than it is: ids are made of it', async () => {
      const { store } = current();
      const stream = newStream();
      const time = await waitFor(() => store.time);
      const [nativeId = ''] = await store.append(stream, [eventOf('a')], KEEP_ALL);
      const storedAt = Number(idParts(nativeId)[0]);
      expect(time).toBeLessThan(storedAt + 1);
      expect(storedAt - time).toBeLessThan(5_000);
    });

    it('finds what was stored without it, under an id that says when it was made', async () => {
      const { store, other } = current();
      const stream = newStream();
      const [a, b] = [newEventId(store.time), newEventId(store.time)];
      const [first] = await store.append(stream, [eventOf(a), eventOf(b)], KEEP_ALL);
      expect(await once(other, stream, eventOf(a))).toEqual([first]);
      expect(await store.range(stream, ALL)).toHaveLength(2);
    });

    it('stores of several those that are not there, in order, and resolves to the ids of all', async () => {
      const { store, other } = current();
      const stream = newStream();
      const [idA, idB, idC] = [
        newEventId(store.time),
        newEventId(store.time),
        newEventId(store.time),
      ];
      const [b] = await store.append(stream, [eventOf(idB)], KEEP_ALL);
      const entries = [idA, idB, idC].map((id) => eventOf(id, [':n', id]));
      const places = await store.appendOnce(stream, entries, ONCE);
      const stored = places.map(({ nativeId }) => nativeId);
      const all = await store.range(stream, ALL);
      expect(ids(all)).toEqual([b, stored[0], stored[2]]);
      expect(all.map(({ fields }) => fields)).toEqual([eventOf(idB), entries[0], entries[2]]);
      expect(stored[1]).toBe(b);
      const again = await other.appendOnce(stream, entries, ONCE);
      expect(again.map(({ nativeId }) => nativeId)).toEqual(stored);
      expect(await store.range(stream, ALL)).toEqual(all);
    });

    it('stores several once, with nothing between them, however many ask at the same time', async () => {
      const { store, other } = current();
      const stream = newStream();
      const batches = [0, 1, 2, 0, 1, 2, 0, 1, 2].map((batch) =>
        ['x', 'y', 'z'].map((name) => eventOf(`${batch}${name}`)),
      );
      await Promise.all(
        batches.map((batch, i) => (i % 2 ? other : store).appendOnce(stream, batch, ONCE)),
      );
      const stored = (await store.range(stream, ALL)).map(({ fields }) => fields?.[1]);
      expect(stored).toHaveLength(9);
      for (const batch of [0, 1, 2]) {
        const from = stored.indexOf(`${batch}x`);
        const expected = ['x', 'y', 'z'].map((name) => `${batch}${name}`);
        expect(stored.slice(from, from + 3)).toEqual(expected);
      }
    });

    it('stores an id once, however many ask at the same time', async () => {
      const { store, other } = current();
      const stream = newStream();
      const stored = await Promise.all(
        Array.from({ length: 30 }, (_, i) => once(i % 2 ? other : store, stream, eventOf('a'))),
      );
      expect(new Set(stored.flat()).size).toBe(1);
      expect(await store.range(stream, ALL)).toHaveLength(1);
    });

    it('tells of each whether it was there, and what was: the stored fields, not those that were given', async () => {
      const { store, other } = current();
      const stream = newStream();
      const [ours, foreign] = [newEventId(store.time), newEventId(store.time)];
      // As somebody else may write it.
      const odd = ['version', 'x', 'event_name', 'sold', 'more', '', 'id', foreign, ':n', '{'];
      const stored = await store.append(stream, [eventOf(ours, [':n', '1']), odd], KEEP_ALL);
      const [a] = await store.appendOnce(stream, [eventOf('a', [':n', '1'])], ONCE);
      expect(a).toEqual({ nativeId: a!.nativeId });

      const given = [ours, 'new', 'a', foreign].map((id) => eventOf(id, [':n', '2']));
      const places = await other.appendOnce(stream, given, ONCE);
      const last = ids(await store.range(stream, ALL)).at(-1);
      expect(places).toEqual([
        { nativeId: stored[0], found: eventOf(ours, [':n', '1']) },
        { nativeId: last },
        { nativeId: a!.nativeId, found: eventOf('a', [':n', '1']) },
        { nativeId: stored[1], found: odd },
      ]);
      expect(await store.range(stream, ALL)).toHaveLength(4);
    });

    it('tells that what was stored is gone, and does not store it again', async () => {
      const { store, deleteUpTo } = current();
      const stream = newStream();
      const [first] = await once(store, stream, eventOf('a'));
      await deleteUpTo(stream, first!);
      const count = (await store.range(stream, ALL)).length;
      const again = await store.appendOnce(stream, [eventOf('a')], ONCE);
      expect(again).toEqual([{ nativeId: first, found: null }]);
      expect(await store.range(stream, ALL)).toHaveLength(count);
    });

    it('reads what was there before whole, however much it is', async () => {
      const { store } = current();
      const stream = newStream();
      const large = Array.from({ length: 30 }, (_, i) =>
        eventOf(`large ${i}`, [':text', 'x'.repeat(30_000 + i)]),
      );
      await store.appendOnce(stream, large, ONCE);
      const again = await store.appendOnce(stream, large, ONCE);
      expect(again.map(({ found }) => found)).toEqual(large);
    });

    it('finds an id among hundreds of others', async () => {
      const { store } = current();
      const stream = newStream();
      const id = newEventId(store.time);
      const [wanted] = await store.append(stream, [eventOf(id)], KEEP_ALL);
      const many = Array.from({ length: 1_000 }, (_, i) => eventOf(`other ${i}`));
      await store.append(stream, many, KEEP_ALL);
      expect(await once(store, stream, eventOf(id))).toEqual([wanted]);
    });

    it('takes nothing but the field id for the id', async () => {
      const { store } = current();
      const stream = newStream();
      const id = newEventId(store.time);
      const misleading = [
        ['id', 'other', 'api_name', id, ':id', id, 'event_name', 'sold'],
        ['event_name', 'id', id, 'b', 'id', 'c'],
        ['name', 'id', 'id', 'other', 'x', 'event_name', 'sold', id],
        ['value', id],
      ];
      await store.append(stream, misleading, KEEP_ALL);
      const [stored] = await once(store, stream, eventOf(id));
      expect(ids(await store.range(stream, ALL)).at(-1)).toBe(stored);
    });

    it('finds an id wherever it stands among the fields', async () => {
      const { store } = current();
      const stream = newStream();
      const id = newEventId(store.time);
      const fields = ['version', '1', 'event_name', 'sold', 'id', id];
      const [first] = await store.append(stream, [fields], KEEP_ALL);
      expect(await once(store, stream, eventOf(id))).toEqual([first]);
    });

    it('looks no further back than it was told', async () => {
      const { store } = current();
      const stream = newStream();
      const [first] = await once(store, stream, eventOf('a'), { onceWithinMs: 50 });
      const seen = await waitFor(async () => {
        const [stored] = await once(store, stream, eventOf('a'), { onceWithinMs: 50 });
        return stored !== first && stored;
      });
      expect(ids(await store.range(stream, ALL))).toEqual([first, seen]);
    });

    it('stores another event under the same id, which says nothing of that one', async () => {
      const { store } = current();
      const stream = newStream();
      const id = newEventId(store.time);
      const paid = eventOf(id).with(5, 'paid');
      const [sold] = await once(store, stream, eventOf(id));
      const [other] = await once(store, stream, paid);
      expect(ids(await store.range(stream, ALL))).toEqual([sold, other]);
      expect(await once(store, stream, paid)).toEqual([other]);
    });

    it('keeps streams apart', async () => {
      const { store } = current();
      const [first, second] = [newStream(), newStream()];
      await once(store, first, eventOf('a'));
      await once(store, second, eventOf('a'));
      expect(await store.range(second, ALL)).toHaveLength(1);
    });

    it('trims above a maximum length all the same', async () => {
      const { store } = current();
      const stream = newStream();
      const many = Array.from({ length: 1_000 }, (_, i) => eventOf(`other ${i}`));
      await store.append(stream, many, KEEP_ALL);
      const [stored] = await once(store, stream, eventOf('a'), { maxLength: 100 });
      const kept = ids(await store.range(stream, ALL));
      expect(kept.at(-1)).toBe(stored);
      expect(kept.length).toBeLessThan(1_000);
      expect(kept.length).toBeGreaterThanOrEqual(100);
      expect(await once(store, stream, eventOf('a'), { maxLength: 100 })).toEqual([stored]);
    });

    it('keeps names and values byte for byte', async () => {
      const { store } = current();
      const stream = newStream();
      const fields = eventOf('a "b"\n🚌', [':lines', 'one\r\ntwo\0', ':empty', '']);
      await once(store, stream, fields);
      expect((await store.range(stream, ALL))[0]?.fields).toEqual(fields);
      expect(await once(store, stream, fields)).toEqual(ids(await store.range(stream, ALL)));
    });

    it('stores nothing of an entry without a value', async () => {
      const { store } = current();
      const stream = newStream();
      await expect(once(store, stream, ['id'])).rejects.toBeInstanceOf(PublishError);
      const refused = store.append(stream, [eventOf('a'), []], KEEP_ALL);
      await expect(refused).rejects.toMatchObject({ ids: ['a', ''], stored: [], retry: 'never' });
      expect(await store.range(stream, ALL)).toEqual([]);
    });
  });
}
