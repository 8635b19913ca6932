import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readHistoryPage, type PageQuery } from '../../../lib/operations/history-page.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';
import type { SourceEntry } from '../../../lib/store/read-history.js';

const STREAMS = ['a.api.*:stream', 'b.api.*:stream', 'c.api.*:stream'];

describe('readHistoryPage', () => {
  let store: MemoryStore;
  let now: number;

  beforeEach(() => {
    now = 1_700_000_000_000;
    store = new MemoryStore({ now: () => now });
  });

  const add = async (stream: string, text: string) => {
    const entry = [['event_name', 'thing', ':n', text]];
    await store.append(stream, entry, { maxLength: null, timeoutMs: 1_000 });
  };

  const textOf = ({ fields }: SourceEntry) => fields?.[3];

  const page = (query: Partial<PageQuery<string>> = {}) =>
    readHistoryPage({
      ...{ sources: STREAMS.map((stream) => ({ store, stream })), start: '-', end: '+' },
      ...{ reverse: false, limit: 100, take: textOf },
      ...query,
    });

  it('has what is asked for, and says how many entries were looked at', async () => {
    for (const text of ['1', '2', '3', '4']) await add('a.api.*:stream', text);
    const take = (entry: SourceEntry) => (textOf(entry) === '3' ? '3' : undefined);
    expect(await page({ take })).toEqual({ items: ['3'], looked: 4, next: null });
    expect(await page({ reverse: true })).toMatchObject({ items: ['4', '3', '2', '1'] });
  });

  it('goes on where there is more, and nowhere at the end', async () => {
    for (const text of ['1', '2', '3']) await add('a.api.*:stream', text);
    const first = await page({ limit: 2 });
    expect(first).toMatchObject({ items: ['1', '2'], looked: 2 });
    expect(await page({ limit: 2, cursor: first.next! })).toEqual({
      ...{ items: ['3'], looked: 1, next: null },
    });
    expect(await page({ limit: 3 })).toMatchObject({ next: null });
  });

  it('looks at a bounded number of entries, and of characters, whatever is asked for', async () => {
    for (let i = 0; i < 30; i++) await add('a.api.*:stream', 'x'.repeat(100));
    const take = () => undefined;
    const bounds = { entries: 10, length: 1_000_000, ms: 60_000 };
    expect(await page({ take, bounds })).toMatchObject({ items: [], looked: 10 });
    const short = { ...bounds, length: 500 };
    const { looked, next } = await page({ take, bounds: short });
    expect(looked).toBe(5);
    expect(await page({ take, bounds: short, cursor: next! })).toMatchObject({ looked: 5 });
  });

  it('looks at one entry at least, however large it is, so that it comes to an end', async () => {
    await add('a.api.*:stream', 'first');
    await add('a.api.*:stream', 'second');
    const bounds = { entries: 10, length: 1, ms: -1 };
    const first = await page({ bounds });
    expect(first.items).toEqual(['first']);
    expect(await page({ bounds, cursor: first.next! })).toMatchObject({
      ...{ items: ['second'], next: null },
    });
  });

  it('gives each entry of several streams once, in order, however it is cut into pages', async () => {
    const steps = fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        async (all, limit, reverse) => {
          store = new MemoryStore({ now: () => now });
          for (const [i, [stream, later]] of all.entries()) {
            now += later;
            await add(STREAMS[stream]!, String(i));
          }
          const whole = (await page({ reverse })).items;
          const found: string[] = [];
          let cursor: string | undefined;
          do {
            const next = await page({ reverse, limit, cursor });
            found.push(...next.items);
            cursor = next.next ?? undefined;
            // A cursor that does not go on would have no end.
          } while (cursor !== undefined && found.length <= whole.length);
          expect(found).toEqual(whole);
          expect([...found].sort()).toEqual(all.map((_, i) => String(i)).sort());
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each(['', 'x', '1-0', '1-0-0 stream', '-1 s', ' ', `${'9'.repeat(30)}-0 s`])(
    'refuses %j as a place to go on from',
    async (cursor) => {
      await expect(page({ cursor })).rejects.toThrow('no place in the history');
    },
  );
});
