import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { FoundHeads, HeadsOptions, RangeOptions } from '../../../lib/store/entries.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';
import { readActivity } from '../../../lib/operations/stream-activity.js';

const STREAM = 'my.api.*:stream';
const HOUR = 3_600_000;
const NOW = Date.UTC(2024, 4, 1, 12);

/** A store in memory that counts what is asked of it. */
class CountingStore extends MemoryStore {
  readonly asked: FoundHeads[] = [];
  at = NOW;

  constructor() {
    super({ now: () => this.at });
  }

  override async heads(stream: string, ranges: readonly RangeOptions[], options: HeadsOptions) {
    const found = await super.heads(stream, ranges, options);
    this.asked.push(found);
    return found;
  }

  get looked(): number {
    return this.asked.reduce((sum, { entries }) => sum + entries, 0);
  }

  get bytesRead(): number {
    return this.asked.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

describe('readActivity', () => {
  let store: CountingStore;

  beforeEach(() => {
    store = new CountingStore();
  });

  const storeAt = async (ms: number, name: string, more: string[] = [], count = 1) => {
    store.at = ms;
    const fields = ['api_name', 'my.api', 'event_name', name, ...more];
    const entries = Array.from({ length: count }, () => fields);
    await store.append(STREAM, entries, { maxLength: null, timeoutMs: 1_000 });
    store.at = NOW;
  };

  it('has nothing to tell of an empty stream', async () => {
    expect(await readActivity(store, STREAM)).toBeNull();
  });

  it('counts the entries of the last hour in sixty parts', async () => {
    await storeAt(NOW - HOUR + 1, 'first');
    for (let i = 0; i < 40; i++) await storeAt(NOW - 90_000, 'thing');
    await storeAt(NOW, 'last');
    const activity = await readActivity(store, STREAM);
    expect(activity).toMatchObject({
      from: new Date(NOW - HOUR),
      until: new Date(NOW),
      perMinute: 42 / 60,
      isExact: true,
      looked: 42,
      otherNames: 0,
      names: [
        { name: 'thing', count: 40, last: new Date(NOW - 90_000) },
        { name: 'first', count: 1 },
        { name: 'last', count: 1, last: new Date(NOW) },
      ],
    });
    const counts = Array.from({ length: 60 }, () => 0);
    counts[0] = 1;
    counts[58] = 40;
    counts[59] = 1;
    expect(activity?.counts).toEqual(counts);
    expect(store.asked).toHaveLength(1);
  });

  it.each([
    [25 * HOUR, 7 * 24 * HOUR],
    [2 * HOUR, 24 * HOUR],
    [500 * 24 * HOUR, 500 * 24 * HOUR + 1],
  ])('shows a longer time where entries are %d ms old', async (age, span) => {
    await storeAt(NOW - age, 'old');
    const activity = await readActivity(store, STREAM);
    expect(Number(activity?.until) - Number(activity?.from)).toBe(span);
    expect(activity?.counts.reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  it('estimates what it does not look at, at the same cost however much that is', async () => {
    for (let ms = NOW - 2 * HOUR; ms < NOW; ms += 500) {
      await storeAt(ms, ms % 2_000 === 0 ? 'rare' : 'common', [], 5);
    }
    const activity = await readActivity(store, STREAM);
    expect(activity).toMatchObject({ from: new Date(NOW - HOUR), isExact: false });
    // 600 in each.
    for (const count of activity?.counts ?? []) {
      expect(count).toBeGreaterThan(400);
      expect(count).toBeLessThan(900);
    }
    expect(activity?.perMinute).toBeGreaterThan(400);
    expect(activity?.names.map(({ name }) => name)).toEqual(['common', 'rare']);
    expect(store.looked).toBeLessThanOrEqual(500 + 240 * 20);
    expect(store.asked.length).toBeLessThanOrEqual(1 + 240 / 30);
  });

  it('shows what has come all at once just now', async () => {
    for (let ms = NOW - HOUR; ms < NOW; ms += 6_000) await storeAt(ms, 'thing');
    await storeAt(NOW - 1_000, 'burst', [], 5_000);
    const activity = await readActivity(store, STREAM);
    expect(activity?.counts.at(-1)).toBeGreaterThanOrEqual(500);
  });

  it('shows silence since the last entry, whatever came before it', async () => {
    await storeAt(NOW - 50 * 60_000, 'thing', [], 2_000);
    const activity = await readActivity(store, STREAM);
    expect(activity?.counts.slice(11).every((count) => count === 0)).toBe(true);
    expect(activity?.counts[10]).toBeGreaterThan(0);
  });

  it('reads no more bytes than it may, and shows what it has seen of large entries', async () => {
    const large = ['x', 'y'.repeat(200_000)];
    for (let ms = NOW - HOUR / 2; ms < NOW; ms += 10_000) await storeAt(ms, 'large', large);
    const activity = await readActivity(store, STREAM);
    expect(store.bytesRead).toBeLessThan(17_000_000);
    expect(activity).toMatchObject({ isExact: true, names: [{ name: 'large' }] });
    expect(activity?.looked).toBeLessThan(100);
    expect(Number(activity?.from)).toBeGreaterThan(NOW - HOUR / 2);
  });

  it('takes a glance for less', async () => {
    for (let ms = NOW - HOUR; ms < NOW; ms += 1_000) await storeAt(ms, 'thing');
    const activity = await readActivity(store, STREAM, true);
    expect(activity).toMatchObject({ isExact: true, looked: 500, from: new Date(NOW - 500_000) });
    expect(store.asked).toHaveLength(1);
  });

  it('bears ids of the future, and of all time', async () => {
    const future = jest.spyOn(store, 'heads').mockResolvedValue({
      ranges: [
        {
          heads: ['18446744073709551615-1', '0-1'].map((nativeId) => {
            return { nativeId, apiName: '', eventName: '' };
          }),
          isCut: false,
        },
      ],
      entries: 2,
      bytes: 2,
    });
    const activity = await readActivity(store, STREAM);
    expect(activity?.until.toISOString()).toBe('+275760-09-13T00:00:00.000Z');
    expect(activity?.from.toISOString()).toBe('1970-01-01T00:00:00.000Z');
    future.mockRestore();
  });

  it('names what is of another API, and what says nothing', async () => {
    const append = (fields: string[]) =>
      store.append(STREAM, [fields], { maxLength: null, timeoutMs: 1_000 });
    await append(['event_name', 'own']);
    await append(['api_name', 'other.api', 'event_name', 'foreign']);
    await append(['', '']);
    const activity = await readActivity(store, STREAM);
    expect(activity?.names.map(({ name }) => name)).toEqual(['', 'other.api.foreign', 'own']);
  });

  it('tells fifty names, and how many others there are', async () => {
    for (let i = 0; i < 60; i++) await storeAt(NOW, `name${i}`);
    const activity = await readActivity(store, STREAM);
    expect(activity?.names).toHaveLength(50);
    expect(activity?.otherNames).toBe(10);
  });
});
