import { describe, expect, it } from '@jest/globals';
import { IsInt } from 'class-validator';
import {
  Event,
  InvalidOptionsError,
  type EventMessage,
  type HistoryOptions,
} from 'nestjs-lightbus';
import { MemoryStream } from '../../../lib/store/memory/memory-stream.js';
import { Stores } from '../../../lib/store/stores.js';
import { waitFor } from '../../support/wait-for.js';
import { startInMemory } from '../listener/memory-application.js';

@Event('followed.counted')
class Counted {
  @IsInt() n!: number;
}
@Event('followed.noted')
class Noted {
  @IsInt() n!: number;
}

/** Fires 1 to `count`, and follows. */
async function start(count: number, options: HistoryOptions = {}) {
  const application = await startInMemory({ events: [Counted, Noted] });
  const { app, bus } = application;
  const fire = (n: number) => bus.fire(Counted, { n });
  const fired: EventMessage<Counted>[] = [];
  for (let n = 1; n <= count; n++) fired.push(await fire(n));
  const seen: unknown[] = [];
  const messages: EventMessage[] = [];
  const history = bus.history('followed.counted', { follow: true, ...options });
  const iterator = history[Symbol.asyncIterator]();
  const run = async () => {
    for (;;) {
      const next = await iterator.next();
      if (next.done) return 'ended';
      messages.push(next.value);
      seen.push(next.value.payload.n);
    }
  };
  const { store } = app.get(Stores).forApi('followed');
  return { ...application, fire, fired, seen, messages, iterator, run, store };
}

/** How many listen to the stream. */
function listeners({ store }: Awaited<ReturnType<typeof start>>): number {
  const { streams } = store as unknown as { streams: Map<string, MemoryStream> };
  const stream = streams.get('followed.*:stream');
  return (stream as unknown as { rings: Set<unknown> } | undefined)?.rings.size ?? 0;
}

describe('EventBus.history with follow', () => {
  it('goes on with what is stored, without a gap or a repeat, until its limit', async () => {
    const following = await start(3, { limit: 6 });
    const { fire, seen, messages, run, bus } = following;
    const running = run();
    await waitFor(() => seen.length === 3);
    await fire(4);
    await bus.fire(Noted, { n: 0 });
    await fire(5);
    await waitFor(() => seen.length === 5);
    await fire(6);
    await fire(7);
    expect(await running).toBe('ended');
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
    expect(messages.map(({ isReplay }) => isReplay)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(listeners(following)).toBe(0);
  });

  it('begins after an entry id, at since, or with what is stored from now on', async () => {
    const { fired, bus, fire } = await start(3);
    const read = async (options: HistoryOptions) => {
      const seen: unknown[] = [];
      for await (const { payload } of bus.history(Counted, { follow: true, limit: 1, ...options }))
        seen.push(payload.n);
      return seen;
    };
    expect(await read({ after: fired[0]?.nativeId })).toEqual([2]);
    expect(await read({ since: fired[1]?.nativeId })).toEqual([2]);
    for (const point of [{ since: 'end' }, { after: 'end' }]) {
      const reading = read(point);
      // It has found its beginning once it listens and has asked for the newest entry.
      await new Promise((resolve) => setImmediate(resolve));
      await fire(4);
      expect(await reading).toEqual([4]);
    }
  });

  it("throws its signal's reason, also while it waits, and listens no more", async () => {
    const abort = new AbortController();
    const following = await start(1, { signal: abort.signal });
    const running = following.run();
    await waitFor(() => following.seen.length === 1);
    expect(listeners(following)).toBe(1);
    abort.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(listeners(following)).toBe(0);
  });

  it('ends with until: at once where that is past, else once the time has come', async () => {
    const past = await start(3, { until: new Date(Date.now() + 60_000) });
    void past.iterator.return?.();
    const { bus, fired, fire } = past;
    const seen: unknown[] = [];
    const last = fired[1]!.nativeId;
    for await (const { payload } of bus.history(Counted, { follow: true, until: last }))
      seen.push(payload.n);
    expect(seen).toEqual([1, 2]);
    for await (const { payload } of bus.history(Counted, { follow: true, until: 'beginning' }))
      seen.push(payload);
    expect(seen).toEqual([1, 2]);

    const until = new Date(Date.now() + 200);
    const live: number[] = [];
    for await (const { payload } of bus.history(Counted, { follow: true, until })) {
      live.push(payload.n);
      if (payload.n === 3) await fire(4);
    }
    expect(Date.now()).toBeGreaterThan(until.getTime());
    expect(live).toEqual([1, 2, 3, 4]);
  });

  it('listens no more once its reader has left it, also while it waits for the next event', async () => {
    const following = await start(2);
    await following.iterator.next();
    expect(listeners(following)).toBe(1);
    await following.iterator.return?.();
    expect(listeners(following)).toBe(0);

    const waiting = await start(1);
    await waiting.iterator.next();
    const next = waiting.iterator.next();
    expect(await waiting.iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(await next).toEqual({ done: true, value: undefined });
    expect(listeners(waiting)).toBe(0);
  });

  it('ends without an error when the application is closed, and does not hold it up', async () => {
    const { seen, run, close } = await start(1);
    const running = run();
    await waitFor(() => seen.length === 1);
    await close();
    expect(await running).toBe('ended');
  });

  it('reads no faster than it is read', async () => {
    const { fire, iterator } = await start(2);
    await iterator.next();
    await fire(3);
    await iterator.next();
    expect((await iterator.next()).value).toMatchObject({ payload: { n: 3 } });
    await iterator.return?.();
  });

  it('refuses the order desc', async () => {
    const { bus } = await start(0);
    const read = () => bus.history(Counted, { follow: true, order: 'desc' });
    expect(read).toThrow(InvalidOptionsError);
    expect(read).toThrow(/can't follow/);
    expect(() => bus.history(Counted, { follow: 'yes' as never })).toThrow(InvalidOptionsError);
  });
});
