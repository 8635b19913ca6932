import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HistoryGoneBackError } from '../../../lib/errors.js';
import { CommandRefusedError } from '../../../lib/redis/connection-errors.js';
import type { RangeOptions } from '../../../lib/store/entries.js';
import type { EventStore } from '../../../lib/store/event-store.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';
import { readSource } from '../../../lib/store/history-source.js';
import {
  mergeHistories,
  readStream,
  type HistoricEntry,
  type HistoryPages,
  type HistoryRange,
  type SourceEntry,
} from '../../../lib/store/read-history.js';
import { readTogether } from '../../../lib/store/stored-together.js';
import { FaultyStore } from '../reading/faulty-store.js';
import { entriesOf, readHistory } from './entries-of.js';

const ALL: HistoryRange = { start: '-', end: '+', reverse: false };

describe('readHistory', () => {
  let faulty: FaultyStore;
  let now: number;

  beforeEach(() => {
    now = 1_000;
    faulty = new FaultyStore();
    faulty.memory = new MemoryStore({ now: () => now });
  });

  function counts(): unknown[] {
    return faulty.callsOf('range').map(([, options]) => (options as RangeOptions).count);
  }

  async function append(stream: string, n: number, ...more: string[]): Promise<void> {
    const fields = ['id', `id-${n}`, 'api_name', 'a', 'event_name', 'e', 'version', '1'];
    await faulty.memory.append(
      stream,
      [[...fields, ':n', String(n), ...more.flatMap((text) => [':text', `"${text}"`])]],
      {
        maxLength: null,
        timeoutMs: 1,
      },
    );
  }

  async function read(streams: string[], range: HistoryRange = ALL): Promise<unknown[]> {
    const seen: unknown[] = [];
    for await (const { content } of readHistory(faulty.store, streams, range)) {
      seen.push(content.kind === 'event' ? content.parameters.n : content.kind);
    }
    return seen;
  }

  async function fill(): Promise<void> {
    // a: 0 3 6 …; b: 1 4 7 …; c: 2 5 8 …
    for (let n = 0; n < 30; n++) {
      now++;
      await append('abc'[n % 3]!, n);
    }
  }
  const numbers = Array.from({ length: 30 }, (_, n) => n);

  it('merges several streams in the order of the entry ids', async () => {
    await fill();
    expect(await read(['c', 'a', 'b'])).toEqual(numbers);
    expect(await read(['c', 'a', 'b'], { ...ALL, reverse: true })).toEqual(numbers.toReversed());
  });

  it('keeps to its bounds, which belong to it', async () => {
    await fill();
    const range = { start: '1011-0', end: '1020-0', reverse: false };
    expect(await read(['a', 'b', 'c'], range)).toEqual(numbers.slice(10, 20));
    expect(await read(['a', 'b', 'c'], { ...range, reverse: true })).toEqual(
      numbers.slice(10, 20).reverse(),
    );
  });

  it('keeps entries of one millisecond in their order, of several streams in that of the streams', async () => {
    for (const n of [1, 2, 3]) await append('a', n);
    for (const n of [4, 5]) await append('b', n);
    expect(await read(['b', 'a'])).toEqual([4, 1, 5, 2, 3]);
  });

  it('is empty for streams that do not exist, and for none', async () => {
    expect(await read(['a', 'b'])).toEqual([]);
    expect(await read([])).toEqual([]);
  });

  it.each([false, true])('reads page by page (reverse: %s), each entry once', async (reverse) => {
    for (let n = 0; n < 1200; n++) await append('a', n);
    const seen = await read(['a'], { ...ALL, reverse });
    const expected = Array.from({ length: 1200 }, (_, n) => n);
    expect(seen).toEqual(reverse ? expected.reverse() : expected);
    // At the end is looked once more whether that is it still.
    expect(counts()).toEqual([10, 101, 501, 501, 501, ...(reverse ? [] : [501])]);
  });

  it.each([
    { used: 10, fetched: [10] },
    { used: 11, fetched: [10, 101, 501] },
    { used: 110, fetched: [10, 101, 501] },
    { used: 111, fetched: [10, 101, 501, 501] },
  ])(
    'fetches one page further than its reader goes, which uses $used',
    async ({ used, fetched }) => {
      for (let n = 0; n < 1300; n++) await append('a', n);
      let count = 0;
      for await (const entry of readHistory(faulty.store, ['a'], ALL)) {
        expect(entry.content).toMatchObject({ parameters: { n: count } });
        if (++count === used) break;
      }
      expect(counts()).toEqual(fetched);
    },
  );

  it('fetches while its reader is at work', async () => {
    for (let n = 0; n < 1300; n++) await append('a', n);
    const pages = readStream(faulty.store, 'a', ALL);
    await pages.next();
    faulty.holdAnswer('range').release();
    const held = faulty.holdAnswer('range');
    expect((await pages.next()).value).toHaveLength(100);
    await held.entered;
    held.release();
    expect((await pages.next()).value).toHaveLength(500);
  });

  it.each([1, 2])(
    'reads again what could not be fetched ahead, once: %i failures',
    async (times) => {
      for (let n = 0; n < 1300; n++) await append('a', n);
      const pages = readStream(faulty.store, 'a', ALL);
      await pages.next();
      faulty.holdAnswer('range').release();
      faulty.fail('range', times, new CommandRefusedError('LOADING'));
      expect((await pages.next()).value).toHaveLength(100);
      const third = pages.next();
      if (times === 2) await expect(third).rejects.toThrow('LOADING');
      else expect((await third).value).toMatchObject({ 0: { nativeId: '1000-110' }, length: 500 });
    },
  );

  it('ends where the stream ends when its reader has come there', async () => {
    for (let n = 0; n < 900; n++) await append('a', n);
    const seen: unknown[] = [];
    for await (const { content } of readHistory(faulty.store, ['a'], ALL)) {
      seen.push(content.kind === 'event' && content.parameters.n);
      // The page after this one has been fetched, and was empty.
      if (seen.length === 850) await append('a', 900);
    }
    expect(seen).toEqual(Array.from({ length: 901 }, (_, n) => n));
    expect(counts()).toEqual([10, 101, 501, 501, 501]);
  });

  it('fetches fewer at once where entries are large, and more again where they are not', async () => {
    for (let n = 0; n < 12; n++) await append('a', n, 'x'.repeat(60_000));
    for (let n = 12; n < 30; n++) await append('a', n);
    expect(await read(['a'])).toHaveLength(30);
    expect(counts()).toEqual([10, 5, 9, 81, 501]);
  });

  it('fetches fewer of each where streams are many', async () => {
    const streams = Array.from({ length: 400 }, (_, n) => `stream_${n}`);
    for (let n = 0; n < 40; n++) await append('stream_7', n);
    expect(await read(streams)).toHaveLength(40);
    const ofOne = faulty.callsOf('range').filter(([stream]) => stream === 'stream_7');
    expect(ofOne.map(([, options]) => options)).toMatchObject([
      { count: 2 },
      { count: 14 },
      { count: 14 },
      { count: 14 },
      { count: 14 },
    ]);
  });

  it('gives what is no event too, with its place', async () => {
    await faulty.memory.append('a', [['', '']], { maxLength: null, timeoutMs: 1 });
    await faulty.memory.append('a', [['x', 'y']], { maxLength: null, timeoutMs: 1 });
    const seen: HistoricEntry[] = [];
    for await (const entry of readHistory(faulty.store, ['a'], ALL)) seen.push(entry);
    expect(seen).toMatchObject([
      { stream: 'a', nativeId: '1000-0', timestamp: new Date(1_000), content: { kind: 'noop' } },
      { stream: 'a', nativeId: '1000-1', content: { kind: 'malformed' } },
    ]);
  });

  it("ends with the signal's reason, before it reads on", async () => {
    for (let n = 0; n < 30; n++) await append('a', n);
    const abort = new AbortController();
    const pages = readStream(faulty.store, 'a', { ...ALL, signal: abort.signal });
    expect((await pages.next()).value).toHaveLength(10);
    abort.abort(new Error('enough'));
    await expect(pages.next()).rejects.toThrow('enough');
    expect(counts()).toEqual([10]);
  });

  it.each([false, true])(
    'rejects where the stream is gone between two of its pages (reverse: %s)',
    async (reverse) => {
      for (let n = 0; n < 30; n++) await append('a', n);
      const held = faulty.holdAnswer('range');
      const reading = read(['a'], { ...ALL, reverse });
      await held.entered;
      faulty.memory = new MemoryStore({ now: () => now });
      held.release();
      await expect(reading).rejects.toThrow(HistoryGoneBackError);
    },
  );

  it('rejects where it is gone between where the events of an entity are, and these', async () => {
    for (let n = 0; n < 3; n++) await append('a.*:stream', n);
    const entity = { parameter: 'n', key: '1' };
    const only = { keys: new Map([['e', 'n']]), entity };
    const held = faulty.hold('entriesAt');
    const reading = readSource({ store: faulty.store, stream: 'a.*:stream', only }, ALL).next();
    await held.entered;
    faulty.memory = new MemoryStore({ now: () => now });
    held.release();
    await expect(reading).rejects.toThrow(HistoryGoneBackError);
  });

  it('rejects as the store does', async () => {
    await fill();
    faulty.fail('range');
    await expect(read(['a'])).rejects.toThrow('range failed');
  });
});

describe('readTogether', () => {
  let now: number;
  let faulty: FaultyStore;
  let n: number;

  beforeEach(() => {
    [now, n] = [1_000, 0];
    faulty = new FaultyStore();
    faulty.memory = new MemoryStore({ now: () => now });
  });

  /** Stores the next number. Ids of one millisecond are in no order among streams. */
  async function append(stream: string): Promise<void> {
    const fields = ['id', `id-${n}`, 'api_name', 'a', 'event_name', 'e', ':n', String(n++)];
    await faulty.memory.append(stream, [fields], { maxLength: null, timeoutMs: 1 });
  }

  async function read(store: EventStore, streams: readonly string[], range = ALL) {
    const sources = async () => streams.map((stream) => ({ store, stream }));
    const seen: unknown[] = [];
    const histories = await readTogether(sources, range);
    for await (const { content } of entriesOf(mergeHistories(histories, range.reverse))) {
      seen.push(content.kind === 'event' ? content.parameters.n : content.kind);
    }
    return seen;
  }

  /** Before and after each of its calls, `write` is called. */
  const disturbed = (write: () => Promise<void>) =>
    new Proxy(faulty.store, {
      get: (target, name) =>
        name === 'range'
          ? async (stream: string, options: RangeOptions) => {
              await write();
              const page = await target.range(stream, options);
              await write();
              return page;
            }
          : (Reflect.get(target, name) as unknown),
    });

  it('gives what was stored when it began, and nothing without all that was stored before it', async () => {
    const turn = fc.record({
      stream: fc.constantFrom('a', 'b', 'c'),
      tick: fc.boolean(),
      times: fc.constantFrom(0, 1, 1, 2, 20),
    });
    const turns = fc.array(turn, { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.boolean(), turns, turns, async (reverse, past, meanwhile) => {
        [now, n] = [1_000, 0];
        faulty.memory = new MemoryStore({ now: () => now });
        const write = async ({ stream, times, tick }: (typeof past)[number]) => {
          if (tick) now++;
          for (let i = 0; i < times; i++) await append(stream);
        };
        for (const one of past) await write(one);
        const before = n;
        let count = 0;
        const store = disturbed(() => {
          const next = meanwhile[count % meanwhile.length];
          // Clocks go on.
          const tick = count % 8 === 7 || next?.tick === true;
          return next && ++count < 200 ? write({ ...next, tick }) : Promise.resolve();
        });
        const seen = await read(store, ['a', 'b', 'c'], { ...ALL, reverse });
        const sorted = seen.map(Number).sort((x, y) => x - y);
        expect(sorted).toEqual(sorted.map((_, i) => i));
        expect(seen.length).toBeGreaterThanOrEqual(before);
      }),
      { numRuns: 60 },
    );
  });

  it('ends for all that is stored meanwhile, also with an id of the future', async () => {
    now = 9_000_000_000_000;
    await append('a');
    now = 1_000;
    const store = disturbed(async () => {
      now++;
      await append('b');
      await append('c');
    });
    expect(await read(store, ['a', 'b', 'c'])).toContain(0);
  });

  it('finds a stream that has come into being while it looked', async () => {
    await append('a');
    const streams = ['a'];
    const held = faulty.holdAnswer('range');
    const reading = read(faulty.store, streams);
    await held.entered;
    await append('b');
    streams.push('b');
    held.release();
    expect(await reading).toEqual([0, 1]);
  });

  it('looks twice at each stream, then reads each page with one command', async () => {
    for (let i = 0; i < 250; i++) await append('ab'[i % 2]!);
    now++;
    expect(await read(faulty.store, ['a', 'b'])).toHaveLength(250);
    // 10, 100 and 15 entries.
    expect(faulty.calls).toHaveLength(2 * (2 + 3));
    expect(faulty.calls.every(({ method }) => method === 'range')).toBe(true);
  });

  it('keeps to its end, and gives what it follows', async () => {
    for (let i = 0; i < 9; i++) await append('ab'[i % 2]!);
    expect(await read(faulty.store, ['a', 'b'], { ...ALL, end: '01000-1' })).toEqual([0, 1, 2, 3]);
    expect(await read(faulty.store, ['a', 'b'], { ...ALL, start: '(1000-3' })).toEqual([8]);
    expect(await read(faulty.store, ['a', 'b'], { ...ALL, end: '-' })).toEqual([]);
  });

  it.each([false, true])(
    'rejects where all is gone before one of the streams was read (reverse: %s)',
    async (reverse) => {
      for (const stream of 'ab') await append(stream);
      const sources = async () => ['a', 'b'].map((stream) => ({ store: faulty.store, stream }));
      const histories = await readTogether(sources, { ...ALL, reverse });
      await histories[0]?.next();
      faulty.memory = new MemoryStore({ now: () => now });
      await expect(histories[1]?.next()).rejects.toThrow(HistoryGoneBackError);
    },
  );

  it('says what it did where the store refuses to tell whether all is gone', async () => {
    for (const stream of 'ab') await append(stream);
    const sources = async () => ['a', 'b'].map((stream) => ({ store: faulty.store, stream }));
    const [, other] = await readTogether(sources, ALL);
    faulty.memory = new MemoryStore({ now: () => now });
    faulty.fail('look', 1, new CommandRefusedError('NOPERM no permissions'));
    await expect(other?.next()).rejects.toThrow(/^Reading 'b' on .* failed: NOPERM/);
  });
});

describe('mergeHistories', () => {
  const entry = (stream: string, nativeId: string): SourceEntry => ({
    ...{ stream, nativeId, fields: ['', ''] },
  });

  /** Pages of one, two, no and one entry, again and again. */
  async function* history(...ids: string[]): HistoryPages {
    const entries = ids.map((nativeId) => entry('s', nativeId));
    for (let page = 0; entries.length > 0; page++) {
      yield await Promise.resolve(entries.splice(0, [1, 2, 0, 1][page % 4]));
    }
  }

  async function merge(reverse: boolean, ...all: string[][]): Promise<string[]> {
    const seen: string[] = [];
    const histories = all.map((ids) => history(...ids));
    for await (const page of mergeHistories(histories, reverse)) {
      seen.push(...page.map(({ nativeId }) => nativeId));
    }
    return seen;
  }

  it('takes the histories in their order where ids are equal, in both directions', async () => {
    async function* named(stream: string): HistoryPages {
      yield await Promise.resolve([entry(stream, '1-0')]);
    }
    for (const reverse of [false, true]) {
      const seen: string[] = [];
      const histories = ['c', 'a', 'b'].map(named);
      for await (const page of mergeHistories(histories, reverse)) {
        seen.push(...page.map(({ stream }) => stream));
      }
      expect(seen).toEqual(['c', 'a', 'b']);
    }
  });

  it('compares ids as numbers, not as texts', async () => {
    expect(await merge(false, ['9-0', '10-2', '10-11'], ['10-0', '10-10', '100-0'])).toEqual([
      '9-0',
      '10-0',
      '10-2',
      '10-10',
      '10-11',
      '100-0',
    ]);
    expect(await merge(true, ['10-11', '9-0'], ['100-0', '10-2'])).toEqual([
      '100-0',
      '10-11',
      '10-2',
      '9-0',
    ]);
  });
});
