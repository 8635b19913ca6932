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
  function once(
    store: EventStore,
    stream: string,
    fields: FlatFields,
    options: { maxLength?: number | null; onceWithinMs?: number } = {},
  ): Promise<string[]> {
    return store.append(stream, [fields], {
      ...KEEP_ALL,
      onceWithinMs: TEN_MINUTES,
      ...options,
    });
  }

  describe('append with onceWithinMs', () => {
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
      const options = { ...KEEP_ALL, onceWithinMs: TEN_MINUTES };
      const [idA, idB, idC] = [
        newEventId(store.time),
        newEventId(store.time),
        newEventId(store.time),
      ];
      const [b] = await store.append(stream, [eventOf(idB)], KEEP_ALL);
      const entries = [idA, idB, idC].map((id) => eventOf(id, [':n', id]));
      const stored = await store.append(stream, entries, options);
      const all = await store.range(stream, ALL);
      expect(ids(all)).toEqual([b, stored[0], stored[2]]);
      expect(all.map(({ fields }) => fields)).toEqual([eventOf(idB), entries[0], entries[2]]);
      expect(stored[1]).toBe(b);
      expect(await other.append(stream, entries, options)).toEqual(stored);
      expect(await store.range(stream, ALL)).toEqual(all);
    });

    it('stores several once, with nothing between them, however many ask at the same time', async () => {
      const { store, other } = current();
      const stream = newStream();
      const options = { ...KEEP_ALL, onceWithinMs: TEN_MINUTES };
      const batches = [0, 1, 2, 0, 1, 2, 0, 1, 2].map((batch) =>
        ['x', 'y', 'z'].map((name) => eventOf(`${batch}${name}`)),
      );
      await Promise.all(
        batches.map((batch, i) => (i % 2 ? other : store).append(stream, batch, options)),
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
