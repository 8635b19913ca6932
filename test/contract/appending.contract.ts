import { describe, expect, it } from '@jest/globals';
import { PublishError } from '../../lib/fire-errors.js';
import {
  ALL,
  append,
  AWKWARD_FIELDS,
  entry,
  idParts,
  ids,
  KEEP_ALL,
  newStream,
  values,
  type Current,
} from './contract-fixtures.js';

export function describeAppending(current: Current): void {
  describe('append', () => {
    it('resolves to one id per entry, in order, each higher than the one before', async () => {
      const { store } = current();
      const stream = newStream();

      const stored = [
        ...(await append(store, stream, 1, 2, 3)),
        ...(await append(store, stream, 4)),
        ...(await append(store, stream, 5, 6)),
      ];

      expect(stored).toHaveLength(6);
      for (const [i, id] of stored.entries()) {
        expect(id).toMatch(/^\d+-\d+$/);
        const [ms, sequence] = idParts(id);
        const [previousMs, previousSequence] = idParts(stored[i - 1] ?? '0-0');
        expect(ms > previousMs || (ms === previousMs && sequence > previousSequence)).toBe(true);
      }
      const read = await store.range(stream, ALL);
      expect(ids(read)).toEqual(stored);
      expect(values(read)).toEqual(['1', '2', '3', '4', '5', '6']);
    });

    it('puts nothing between the entries of one call, whoever else writes', async () => {
      const { store, other } = current();
      const stream = newStream();
      const batches = Array.from({ length: 40 }, (_, batch) =>
        Array.from({ length: 5 }, (_, i) => `${batch}/${i}`),
      );

      const stored = await Promise.all(
        batches.map((batch, i) => append(i % 2 ? other : store, stream, ...batch)),
      );

      const read = await store.range(stream, ALL);
      expect(new Set(stored.flat()).size).toBe(200);
      expect(read).toHaveLength(200);
      const batchesRead = Array.from({ length: 40 }, (_, i) =>
        values(read.slice(i * 5, i * 5 + 5)),
      );
      expect(batchesRead).toEqual(expect.arrayContaining(batches));
    });

    it.each([
      ['no fields at all', []],
      ['a name without a value', ['value']],
    ])('stores none of several entries where one has %s', async (_, broken) => {
      const { store } = current();
      const stream = newStream();

      const attempt = store.append(stream, [entry(1), broken, entry(3)], KEEP_ALL);

      await expect(attempt).rejects.toBeInstanceOf(PublishError);
      expect(await store.range(stream, ALL)).toEqual([]);
    });

    it('stores nothing and makes no stream where there are no entries', async () => {
      const { store } = current();
      const stream = newStream();
      expect(await store.append(stream, [], KEEP_ALL)).toEqual([]);
      expect(await store.findStreams()).not.toContain(stream);
    });

    it('keeps names and values byte for byte, their order, and names that come twice', async () => {
      const { store } = current();
      const stream = newStream();
      const [nativeId] = await store.append(stream, [AWKWARD_FIELDS], KEEP_ALL);
      expect(await store.range(stream, ALL)).toEqual([{ nativeId, fields: AWKWARD_FIELDS }]);
    });

    it('keeps values of a megabyte', async () => {
      const { store } = current();
      const stream = newStream();
      const large = 'ü🚌x'.repeat(150_000);
      await append(store, stream, large);
      const [read] = await store.range(stream, ALL);
      // Not toEqual: a difference would be printed, megabytes of it.
      expect(read?.fields?.[1] === large).toBe(true);
    });

    it('keeps entries of 500 fields', async () => {
      const { store } = current();
      const stream = newStream();
      const fields = Array.from({ length: 500 }, (_, i) => [`:field_${i}`, `${i}`]).flat();
      await store.append(stream, [fields], KEEP_ALL);
      expect((await store.range(stream, ALL))[0]?.fields).toEqual(fields);
    });

    it('shares no array with its callers', async () => {
      const { store } = current();
      const stream = newStream();
      const fields = ['value', 'original'];
      await store.append(stream, [fields], KEEP_ALL);

      fields[1] = 'changed by the writer';
      const [first] = await store.range(stream, ALL);
      (first?.fields as string[])[1] = 'changed by a reader';

      expect(values(await store.range(stream, ALL))).toEqual(['original']);
    });

    it.each([null, 0])('keeps everything with a maximum length of %s', async (maxLength) => {
      const { store } = current();
      const stream = newStream();
      const entries = Array.from({ length: 400 }, (_, i) => entry(i));
      await store.append(stream, entries, { ...KEEP_ALL, maxLength });
      await store.append(stream, [entry('last')], { ...KEEP_ALL, maxLength });
      expect(await store.range(stream, ALL)).toHaveLength(401);
    });

    it('trims the oldest entries above a maximum length, never more than asked', async () => {
      const { store } = current();
      const stream = newStream();
      const numbers = Array.from({ length: 1000 }, (_, i) => i);
      const options = { ...KEEP_ALL, maxLength: 100 };

      const stored = await store.append(stream, numbers.map(entry), options);

      expect(stored).toHaveLength(1000);
      const kept = ids(await store.range(stream, ALL));
      expect(kept.length).toBeGreaterThanOrEqual(100);
      // Redis trims whole nodes of its tree (`MAXLEN ~`): 100 entries each, unless configured.
      expect(kept.length).toBeLessThan(1000);
      expect(kept).toEqual(stored.slice(-kept.length));
    });
  });
}
