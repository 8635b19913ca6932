import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Presence } from '../../../../lib/reading/membership/presence.js';
import { StreamWatch, type Observer } from '../../../../lib/reading/losses/stream-watch.js';
import type { StreamFacts } from '../../../../lib/store/group-state.js';
import { aProcess } from '../reading-stage.js';

const FACTS = { added: 1, length: 1, first: '1-0', last: '1-0', deleted: '0-0', groups: new Map() };

describe('StreamWatch', () => {
  let looks: [stream: string, groups: readonly string[]][];
  let answer: () => Promise<StreamFacts | null>;
  let seen: unknown[];
  let observers: Observer[];
  let watch: StreamWatch;

  beforeEach(() => {
    jest.useFakeTimers();
    [looks, seen, observers, answer] = [[], [], [], () => Promise.resolve(FACTS)];
    watch = newWatch(60_000);
  });
  afterEach(() => {
    observers.forEach((one) => watch.leave(one));
    jest.useRealTimers();
  });

  function newWatch(intervalMs: number): StreamWatch {
    const store = {
      beat: () => Promise.resolve(true),
      look: (stream: string, groups: readonly string[]) => {
        looks.push([stream, groups]);
        return answer();
      },
    };
    return new StreamWatch(store, 'a', new Presence(store, aProcess('this')), intervalMs);
  }

  async function join(group: string): Promise<Observer> {
    const observer = {
      group,
      observe: (facts: unknown) => void seen.push([group, facts]),
      unobserved: (error: unknown) => void seen.push([group, error]),
    };
    observers.push(observer);
    await watch.join(observer);
    return observer;
  }

  it('looks once every five seconds for all readers of the stream', async () => {
    await Promise.all(['g', 'h', 'i'].map(join));
    await jest.advanceTimersByTimeAsync(15_000);
    expect(looks).toEqual(Array(3).fill(['a', ['g', 'h', 'i']]));
    expect(seen.slice(0, 3)).toEqual(['g', 'h', 'i'].map((group) => [group, FACTS]));
  });

  it('looks more often where the interval is shorter', async () => {
    watch = newWatch(500);
    await join('g');
    await jest.advanceTimersByTimeAsync(5_000);
    expect(looks).toHaveLength(10);
  });

  it('tells that the stream is gone, and that a look failed', async () => {
    await join('g');
    answer = () => Promise.resolve(null);
    await jest.advanceTimersByTimeAsync(5_000);
    answer = () => Promise.reject(new Error('refused'));
    await jest.advanceTimersByTimeAsync(5_000);
    expect(seen).toEqual([
      ['g', null],
      ['g', new Error('refused')],
    ]);
  });

  it('does not look again while a look is under way', async () => {
    await join('g');
    answer = () => new Promise(() => undefined);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(looks).toHaveLength(1);
  });

  it('looks no more once nobody is left, and again for who comes later', async () => {
    const one = await join('g');
    watch.leave(one);
    await jest.advanceTimersByTimeAsync(60_000);
    expect([looks, jest.getTimerCount()]).toEqual([[], 0]);
    await join('h');
    await jest.advanceTimersByTimeAsync(5_000);
    expect(looks).toEqual([['a', ['h']]]);
  });
});
