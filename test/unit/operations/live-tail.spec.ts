import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TransportError } from '../../../lib/errors.js';
import { LiveTail, type TailStep } from '../../../lib/operations/live-tail.js';
import type { HistorySource } from '../../../lib/store/history-source.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';

const STREAM = 'my.api.*:stream';

describe('LiveTail', () => {
  let store: MemoryStore;
  let ending: AbortController;

  beforeEach(() => {
    store = new MemoryStore();
    ending = new AbortController();
  });

  afterEach(() => ending.abort());

  const add = (...texts: string[]) =>
    store.append(
      STREAM,
      texts.map((text) => ['n', text]),
      { maxLength: null, timeoutMs: 1_000 },
    );

  const follow = (sources: () => Promise<readonly HistorySource[]> = async () => [source()]) =>
    new LiveTail({ sources, signal: ending.signal }).steps();

  const source = () => ({ store, stream: STREAM });

  /** The next step with something in it. */
  const next = async (steps: AsyncGenerator<TailStep>) => {
    for await (const { entries, missed } of {
      [Symbol.asyncIterator]: () => ({ next: () => steps.next() }),
    }) {
      if (entries.length + missed > 0)
        return { texts: entries.map(({ fields }) => fields?.[1]), missed };
    }
    return undefined;
  };

  it('gives what is stored from now on, oldest first', async () => {
    await add('old');
    const steps = follow();
    expect((await steps.next()).value).toEqual({ entries: [], missed: 0 });
    await add('1', '2');
    expect(await next(steps)).toEqual({ texts: ['1', '2'], missed: 0 });
    await add('3');
    expect(await next(steps)).toEqual({ texts: ['3'], missed: 0 });
  });

  it('reads the newest of many, and counts the others, which it does not read', async () => {
    const steps = follow();
    await steps.next();
    await add(...Array.from({ length: 1_000 }, (_, i) => String(i)));
    const range = jest.spyOn(store, 'range');
    const { texts = [], missed } = (await next(steps)) ?? {};
    expect([texts.length, texts[0], texts.at(-1), missed]).toEqual([200, '800', '999', 800]);
    const read = range.mock.calls.reduce((sum, [, { count }]) => sum + count, 0);
    expect(read).toBeLessThan(500);
  });

  it('reads nothing while nobody pulls', async () => {
    const steps = follow();
    await steps.next();
    const look = jest.spyOn(store, 'look');
    for (let i = 0; i < 10; i++) await add(String(i));
    expect(look).not.toHaveBeenCalled();
    expect(await next(steps)).toMatchObject({ missed: 0 });
    expect(look).toHaveBeenCalledTimes(1);
  });

  it('reads no more characters than it may', async () => {
    const steps = follow();
    await steps.next();
    await add(...Array.from({ length: 20 }, () => 'x'.repeat(200_000)));
    const { texts = [], missed = 0 } = (await next(steps)) ?? {};
    expect(texts.length).toBeLessThan(10);
    expect(texts.length + missed).toBe(20);
  });

  it('ends when it is told to, and listens to nothing any more', async () => {
    const deafen = jest.fn();
    jest.spyOn(store, 'listen').mockReturnValue(deafen);
    const steps = follow();
    await steps.next();
    const waiting = steps.next();
    expect(deafen).not.toHaveBeenCalled();
    ending.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(deafen).toHaveBeenCalledTimes(1);
  });

  it('throws what fails at first, and waits for a store that goes away later', async () => {
    const look = jest.spyOn(store, 'look').mockRejectedValueOnce(new TransportError('away'));
    await expect(follow().next()).rejects.toThrow('away');
    const steps = follow();
    await steps.next();
    look.mockRejectedValueOnce(new TransportError('away'));
    await add('1');
    expect(await next(steps)).toEqual({ texts: ['1'], missed: 0 });
  });

  it('begins anew on a stream that has taken the place of another', async () => {
    await add('old', 'older');
    const steps = follow();
    await steps.next();
    const other = new MemoryStore({ now: () => 5 });
    jest.spyOn(store, 'look').mockImplementation((...args) => other.look(...args));
    jest.spyOn(store, 'range').mockImplementation((...args) => other.range(...args));
    await other.append(STREAM, [['n', 'x']], { maxLength: null, timeoutMs: 1_000 });
    await add('ring');
    await steps.next();
    await other.append(STREAM, [['n', 'y']], { maxLength: null, timeoutMs: 1_000 });
    await add('ring');
    expect(await next(steps)).toEqual({ texts: ['y'], missed: 0 });
  });
});
