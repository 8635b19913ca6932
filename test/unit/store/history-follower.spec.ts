import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { HistoryGoneBackError, TransportError } from '../../../lib/errors.js';
import type { RangeOptions } from '../../../lib/store/entries.js';
import type { EventStore } from '../../../lib/store/event-store.js';
import { deserializeEntry } from '../../../lib/store/read-history.js';
import { HistoryFollower, type FollowOptions } from '../../../lib/store/history-follower.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';
import { clock } from '../../../lib/timing/clock.js';
import { waitFor } from '../../support/wait-for.js';
import { FaultyStore } from '../reading/faulty-store.js';

let faulty: FaultyStore;
let session: number;
let now: number;
let store: EventStore;
/** Ends who follows, also where a test has failed: it would spin on a clock that stands still. */
let ended: AbortController;

afterEach(() => {
  ended.abort(new Error('the test is over'));
  jest.restoreAllMocks();
});

beforeEach(() => {
  session = 1;
  now = 1_000;
  ended = new AbortController();
  faulty = new FaultyStore();
  faulty.memory = new MemoryStore({ now: () => now });
  store = new Proxy(faulty.store, {
    get: (target, name) =>
      name === 'session' ? () => session : (Reflect.get(target, name) as unknown),
  });
});

async function append(stream: string, n: number, memory = faulty.memory): Promise<string> {
  const fields = ['id', `id-${n}`, 'api_name', 'a', 'event_name', 'e', ':n', String(n)];
  const [id = ''] = await memory.append(stream, [fields], { maxLength: null, timeoutMs: 1 });
  return id;
}

/** Follows, and notes what is given: numbers, and 'current'. */
function follow(streams: readonly string[], options: Partial<FollowOptions> = {}) {
  const abort = new AbortController();
  const seen: unknown[] = [];
  const follower = new HistoryFollower({
    sources: async () => streams.map((stream) => ({ store, stream })),
    ...{ mayGrow: false, start: '-', end: '+', restartDelayMs: 1, ...options },
  });
  const run = async () => {
    for await (const step of follower.read(AbortSignal.any([abort.signal, ended.signal]))) {
      if (step.kind === 'current') seen.push('current');
      else {
        const { content } = deserializeEntry(step.entry);
        seen.push(content.kind === 'event' ? content.parameters.n : content.kind);
      }
    }
    return 'ended';
  };
  const running = run();
  running.catch(() => undefined);
  const numbers = () => seen.filter((one) => typeof one === 'number');
  const stop = async () => {
    abort.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
  };
  return { follower, seen, numbers, running, stop };
}

const ranges = () => faulty.callsOf('range').map(([, options]) => options as RangeOptions);

describe('HistoryFollower', () => {
  it('merges the past of several streams by id, says that it is current, and goes on', async () => {
    for (let n = 0; n < 9; n++) {
      now++;
      await append('abc'[n % 3]!, n);
    }
    const { seen, stop } = follow(['c', 'a', 'b']);
    await waitFor(() => seen.length === 10);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 'current']);
    await append('b', 9);
    await waitFor(() => seen.length === 12);
    expect(seen.slice(10)).toEqual([9, 'current']);
    await stop();
  });

  it('asks for nothing while nothing is stored, and of the streams that have news only', async () => {
    await append('a', 1);
    const { seen, stop } = follow(['a', 'b']);
    await waitFor(() => seen.includes('current'));
    const before = faulty.calls.length;
    await append('b', 2);
    await waitFor(() => seen.length === 4);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(faulty.calls.slice(before)).toMatchObject([{ method: 'range', args: ['b', {}] }]);
    await stop();
  });

  it('misses nothing that is stored while it reads', async () => {
    await append('a', 1);
    const held = faulty.holdAnswer('range');
    const { seen, stop } = follow(['a']);
    await held.entered;
    await append('a', 2);
    held.release();
    await waitFor(() => seen.length === 4);
    expect(seen).toEqual([1, 'current', 2, 'current']);
    await stop();
  });

  it('says that it is current also where something is stored whenever it reads', async () => {
    await append('a', 1);
    const busy = new Proxy(store, {
      get: (target, name) =>
        name === 'range'
          ? async (stream: string, options: RangeOptions) => {
              const page = await target.range(stream, options);
              await append('a', 2);
              return page;
            }
          : (Reflect.get(target, name) as unknown),
    });
    const sources = async () => [{ store: busy, stream: 'a' }];
    const options = { mayGrow: false, start: '-', end: '+', restartDelayMs: 1 };
    const follower = new HistoryFollower({ sources, ...options });
    let count = 0;
    for await (const { kind } of follower.read(new AbortController().signal)) {
      if (kind === 'current') break;
      expect(++count).toBeLessThan(100);
    }
    expect(count).toBe(1);
  });

  it('tries again where the store can not be reached, and goes on where it was', async () => {
    for (let n = 0; n < 15; n++) await append('a', n);
    faulty.fail('range', 2, new TransportError('LOADING the data'));
    const { numbers, stop } = follow(['a']);
    await waitFor(() => numbers().length === 15);
    faulty.fail('range', 3, new TransportError('LOADING the data'));
    await append('a', 15);
    await waitFor(() => numbers().length === 16);
    expect(numbers()).toEqual(Array.from({ length: 16 }, (_, n) => n));
    await stop();
  });

  it('rejects where the store refuses for a reason that stays', async () => {
    faulty.fail('range', 1, new TransportError('NOPERM nothing for you'));
    await expect(follow(['a']).running).rejects.toThrow('NOPERM');
  });

  it('goes on after a new connection that still holds what it has read', async () => {
    await append('a', 1);
    const { numbers, seen, stop } = follow(['a']);
    await waitFor(() => seen.includes('current'));
    session = 2;
    await append('a', 2);
    await waitFor(() => numbers().length === 2);
    await stop();
  });

  it.each<[string, (memory: MemoryStore) => Promise<void>]>([
    ['the stream is gone', () => Promise.resolve()],
    [
      'the stream is shorter',
      async (memory) => {
        await append('a', 1, memory);
      },
    ],
    [
      'the stream has other entries in their place',
      async (memory) => {
        await append('a', 1, memory);
        now += 10;
        await append('a', 4, memory);
      },
    ],
    [
      'the stream was begun anew',
      async (memory) => {
        now += 10;
        await append('a', 4, memory);
      },
    ],
  ])('rejects where after a new connection %s', async (_, fill) => {
    const first = now;
    await append('a', 1);
    now++;
    await append('a', 2);
    const { numbers, seen, running, follower } = follow(['a']);
    await waitFor(() => seen.includes('current'));
    session = 2;
    const { memory } = faulty;
    const restored = new MemoryStore({ now: () => now });
    [now] = [first];
    await fill(restored);
    faulty.memory = restored;
    now += 100;
    await append('a', 3, memory);
    await expect(running).rejects.toThrow(HistoryGoneBackError);
    expect(numbers()).toEqual([1, 2]);
    expect(follower.streamNames).toEqual(['a']);
  });

  it.each<[string, boolean]>([
    ['is gone', false],
    ['was begun anew', true],
  ])('rejects where on the same connection the stream %s', async (_, isAnew) => {
    await append('a', 1);
    now++;
    await append('a', 2);
    const { numbers, seen, running } = follow(['a']);
    await waitFor(() => seen.includes('current'));
    const { memory } = faulty;
    faulty.memory = new MemoryStore({ now: () => now });
    now += 10;
    if (isAnew) await append('a', 3);
    await append('a', 4, memory);
    await expect(running).rejects.toThrow(HistoryGoneBackError);
    expect(numbers()).toEqual([1, 2]);
  });

  it('rejects where the stream is gone between two of its pages', async () => {
    for (let n = 0; n < 30; n++) await append('a', n);
    const held = faulty.holdAnswer('range');
    const { running, numbers } = follow(['a']);
    await held.entered;
    faulty.memory = new MemoryStore({ now: () => now });
    held.release();
    await expect(running).rejects.toThrow(HistoryGoneBackError);
    expect(numbers().length).toBeLessThan(30);
  });

  it.each<[string, number]>([
    ['', 0],
    [', also where it could not read at first', 2],
  ])(
    'gives what is stored on one stream before what follows it on another that is read longer%s',
    async (_, failures) => {
      await append('a', 0);
      for (let n = 1; n < 300; n++) await append('b', n);
      now += 5_000;
      if (failures > 0) faulty.fail('range', failures, new TransportError('LOADING the data'));
      const held = faulty.holdAnswer('range');
      const { numbers, stop } = follow(['a', 'b']);
      await held.entered;
      now += 5_000;
      await append('a', 300);
      now++;
      await append('b', 301);
      held.release();
      await waitFor(() => numbers().length === 302);
      expect(numbers()).toEqual(Array.from({ length: 302 }, (_, n) => n));
      await stop();
    },
  );

  it('comes to what is stored on one stream while another is filled faster than it is read', async () => {
    jest.spyOn(clock, 'now').mockImplementation(() => now);
    await append('a', 0);
    for (let n = 0; n < 200; n++) await append('b', 1);
    const follower = new HistoryFollower({
      sources: async () => ['a', 'b'].map((stream) => ({ store, stream })),
      ...{ mayGrow: false, start: '-', end: '+', restartDelayMs: 1 },
    });
    const given: string[] = [];
    for await (const step of follower.read(new AbortController().signal)) {
      if (step.kind !== 'entry') continue;
      given.push(step.entry.stream);
      now += 20;
      await append('b', 1);
      if (given.length === 300) await append('a', 0);
      if (given.length === 2_000) break;
    }
    expect(given.filter((stream) => stream === 'a')).toHaveLength(2);
  });

  it('gives what one answer has with what it follows, and notices afterwards that both are gone', async () => {
    await append('a', 1);
    const { numbers, seen, running } = follow(['a']);
    await waitFor(() => seen.includes('current'));
    const held = faulty.holdAnswer('range');
    await append('a', 2);
    await held.entered;
    const { memory } = faulty;
    faulty.memory = new MemoryStore({ now: () => 5 });
    await append('a', 3, memory);
    held.release();
    await expect(running).rejects.toThrow(/gone back to an older state: entry 1000-1/);
    expect(numbers()).toEqual([1, 2]);
  });

  it.each(['trimmed', 'deleted'])('goes on where its last entry was %s', async (how) => {
    for (let n = 1; n < 4; n++) await append('a', n);
    const id = await append('a', 4);
    const { numbers, seen, stop } = follow(['a']);
    await waitFor(() => seen.includes('current'));
    const fields = ['id', 'x', 'api_name', 'a', 'event_name', 'e', ':n', '5'];
    const options = { maxLength: how === 'trimmed' ? 1 : null, timeoutMs: 1 };
    const { streams } = faulty.memory as unknown as {
      streams: Map<string, { delete(position: bigint): boolean }>;
    };
    if (how === 'deleted') {
      const [ms = '', sequence = ''] = id.split('-');
      expect(streams.get('a')?.delete((BigInt(ms) << 64n) | BigInt(sequence))).toBe(true);
    }
    session = 2;
    await faulty.memory.append('a', [fields], options);
    await waitFor(() => numbers().length === 5);
    await stop();
  });

  it('reads what it is told to include, from the beginning', async () => {
    await append('b', 1);
    const { follower, seen, numbers, stop } = follow(['a'], { start: '+' });
    await waitFor(() => seen.includes('current'));
    follower.include({ store, stream: 'b' });
    follower.include({ store, stream: 'b' });
    await waitFor(() => numbers().length === 1);
    await stop();
  });

  it('finds its beginning where that is the end, and waits until it can', async () => {
    await append('a', 1);
    faulty.fail('range', 1, new TransportError('LOADING the data'));
    const { seen, stop } = follow(['a', 'b'], { start: '+' });
    await waitFor(() => seen.includes('current'));
    await append('a', 2);
    await append('b', 3);
    await waitFor(() => seen.filter((one) => typeof one === 'number').length === 2);
    expect(seen.filter((one) => typeof one === 'number').sort()).toEqual([2, 3]);
    await stop();
  });

  it("ends once the store's time has passed its end, not before", async () => {
    await append('a', 1);
    const { seen, running } = follow(['a'], { end: '1003' });
    await waitFor(() => seen.includes('current'));
    now = 1_003;
    await append('a', 2);
    await waitFor(() => seen.includes(2));
    now = 1_004;
    await append('a', 3);
    expect(await running).toBe('ended');
    expect(seen.filter((one) => one !== 'current')).toEqual([1, 2]);
  });

  it('reads up to its end also where nothing has told of what was stored', async () => {
    const deaf = new Proxy(store, {
      get: (target, name) =>
        name === 'listen' ? () => () => undefined : (Reflect.get(target, name) as unknown),
    });
    const sources = async () => [{ store: deaf, stream: 'a' }];
    const { seen, running } = follow(['a'], { end: '1003', sources });
    await waitFor(() => seen.includes('current'));
    await append('a', 1);
    now = 1_004;
    expect(await running).toBe('ended');
    expect(seen).toContain(1);
  });

  it('holds a page and the next one while its reader takes its time', async () => {
    for (let n = 0; n < 500; n++) await append('a', n);
    const follower = new HistoryFollower({
      sources: async () => [{ store, stream: 'a' }],
      ...{ mayGrow: false, start: '-', end: '+', restartDelayMs: 1 },
    });
    let count = 0;
    for await (const step of follower.read(new AbortController().signal)) {
      if (step.kind === 'entry' && ++count === 100) break;
    }
    expect(ranges().map((range) => range.count)).toEqual([10, 101, 501]);
  });

  it('gives everything once, in the order of each stream, whoever stops and goes on', async () => {
    const turn = fc.oneof(
      fc.record({ kind: fc.constant('write'), stream: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ kind: fc.constant('read'), count: fc.integer({ min: 0, max: 4 }) }),
      fc.record({ kind: fc.constant('fail') }),
      fc.record({ kind: fc.constant('tick') }),
      fc.record({ kind: fc.constant('restart') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { maxLength: 60 }), async (turns) => {
        faulty.memory = new MemoryStore({ now: () => now });
        const written: Record<string, string[]> = { a: [], b: [], c: [] };
        const read: Record<string, string[]> = { a: [], b: [], c: [] };
        const open = (stream: string) => {
          const last = read[stream]?.at(-1);
          const options = { mayGrow: false, end: '+', restartDelayMs: 1 };
          return new HistoryFollower({
            ...options,
            start: last === undefined ? '-' : `(${last}`,
            sources: async () => [{ store, stream }],
          }).read(new AbortController().signal);
        };
        const readers = new Map(['a', 'b', 'c'].map((stream) => [stream, open(stream)]));
        /** Reads until `count` entries, or all that there are. */
        const take = async (stream: string, count: number) => {
          for (let taken = 0; taken < count;) {
            if (read[stream]?.length === written[stream]?.length) return;
            const { value } = await readers.get(stream)!.next();
            if (value?.kind !== 'entry') continue;
            read[stream]?.push(value.entry.nativeId);
            taken++;
          }
        };
        for (const one of turns) {
          if (one.kind === 'write' && 'stream' in one) {
            written[one.stream]?.push(await append(one.stream, 0));
          }
          if (one.kind === 'fail') faulty.fail('range', 1, new TransportError('LOADING'));
          if (one.kind === 'tick') [now, session] = [now + 1, session + 1];
          for (const stream of one.kind === 'read' && 'count' in one ? ['a', 'b', 'c'] : []) {
            await take(stream, (one as { count: number }).count);
          }
          if (one.kind === 'restart') {
            for (const stream of ['a', 'b', 'c']) {
              await readers.get(stream)?.return();
              readers.set(stream, open(stream));
            }
          }
        }
        for (const stream of ['a', 'b', 'c']) {
          await take(stream, Infinity);
          await readers.get(stream)?.return();
        }
        expect(read).toEqual(written);
      }),
      { numRuns: 40 },
    );
  });
});
