import { describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { Allow } from 'class-validator';
import { Event, HistoryGoneBackError, type EventBus, type HistoryOptions } from 'nestjs-lightbus';
import { sharedRedis, startRedis, uniqueName } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { startApplication } from './application.js';

@Event('follow.counted')
class Counted {
  @Allow() n!: number;
}

@Event('follow.moved', { key: 'id' })
class Moved {
  @Allow() id!: string;
  @Allow() n!: number;
}

/** Follows until it is stopped, and notes what is given. */
function follow(bus: EventBus, selector: string, options: HistoryOptions = {}) {
  const abort = new AbortController();
  const seen: unknown[] = [];
  const run = async () => {
    const history = bus.history(selector, { follow: true, signal: abort.signal, ...options });
    for await (const { payload } of history) seen.push(payload.n);
    return 'ended';
  };
  const running = run();
  running.catch(() => undefined);
  const stop = async () => {
    abort.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
  };
  return { seen, running, stop };
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('EventBus.history with follow, on Redis', () => {
  it('neither repeats nor skips an event while Redis is killed and restarted, twice', async () => {
    const server = await startRedis({ appendonly: true });
    const parts = { url: server.url, events: [Counted] };
    const writer = await startApplication({ ...parts, service: 'writer' });
    const reader = await startApplication({ ...parts, service: 'reader', events: [] });
    const { seen, stop } = follow(reader.bus, 'follow.*');
    let n = 0;
    const write = async (until: number) => {
      while (n < until) await writer.bus.fire(Counted, { n: n++ });
    };
    for (const until of [20, 40]) {
      await write(until);
      if (until === 40) await waitFor(() => seen.length === 40);
      await server.kill();
      await server.restart();
    }
    await write(60);
    await waitFor(() => seen.length >= 60);
    expect(seen).toEqual(numbers(60));
    await stop();
  });

  it('rejects where Redis comes back without what was read', async () => {
    const server = await startRedis();
    const { bus } = await startApplication({ url: server.url, service: 's', events: [Counted] });
    await bus.fire(Counted, { n: 0 });
    const { seen, running } = follow(bus, 'follow.*');
    await waitFor(() => seen.length === 1);
    await server.kill();
    await server.restart();
    await bus.fire(Counted, { n: 1 });
    await expect(running).rejects.toThrow(HistoryGoneBackError);
    await expect(running).rejects.toThrow(/read them again from the beginning/);
    expect(seen).toEqual([0]);
  });

  it.each<[string, (client: Redis) => Promise<unknown>, HistoryOptions]>([
    ['FLUSHALL', (client) => client.flushall(), {}],
    ['FLUSHALL, of one entity', (client) => client.flushall(), { key: 'a' }],
    ['DEL', (client) => client.del('follow.*:stream'), {}],
    ['DEL, of one entity', (client) => client.del('follow.*:stream'), { key: 'a' }],
    [
      'DEL and a new stream in one step',
      (client) => client.multi().del('follow.*:stream').xadd('follow.*:stream', '*', '', '').exec(),
      {},
    ],
  ])(
    'rejects after %s on the same connection, while nothing is fired',
    async (_, lose, options) => {
      const server = await startRedis();
      const { bus } = await startApplication({ url: server.url, service: 's', events: [Moved] });
      await bus.fire(Moved, { id: 'a', n: 0 });
      const { seen, running } = follow(bus, 'follow.*', options);
      await waitFor(() => seen.length === 1);
      await lose(server.client());
      await expect(running).rejects.toThrow(HistoryGoneBackError);
      expect(seen).toEqual([0]);
    },
  );

  it('goes on with one entity while others are written, its index is deleted, and nothing is registered', async () => {
    const server = await startRedis();
    const parts = { url: server.url, service: 'writer' };
    const writer = await startApplication({ ...parts, events: [Moved, Counted] });
    const reader = await startApplication({ ...parts, service: 'r', options: { features: [] } });
    const move = (id: string, n: number) => Object.assign(new Moved(), { id, n });
    await writer.bus.fireAll(numbers(150).flatMap((n) => [move('a', n), move('b', n)]));
    // Whoever registers the event tells the index.
    for await (const { sequence } of writer.bus.history(Moved, { key: 'b', limit: 1 })) {
      expect(sequence).toBe(1);
    }
    const { seen, stop } = follow(reader.bus, 'follow.*', { key: 'a' });
    await waitFor(() => seen.length === 150);
    for (let n = 150; n < 170; n++) {
      const firing = [move('b', n), move('a', n), move('b', n)].map((one) => writer.bus.fire(one));
      if (n % 5 === 0) await server.client().del('lightbus:index:{follow.*:stream}');
      await Promise.all(firing);
    }
    await waitFor(() => seen.length === 170, { timeoutMs: 5_000 });
    expect(seen).toEqual(numbers(170));
    await stop();
  });

  it('asks Redis once for each event, and for nothing while there is none', async () => {
    const server = await startRedis();
    const { bus } = await startApplication({ url: server.url, service: 's', events: [Counted] });
    const { seen, stop } = follow(bus, 'follow.*', { since: 'end' });
    const client = server.client();
    const calls = async (name: string) => {
      const stats = await client.info('commandstats');
      return Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    };
    // Once it has looked for the first time, each event is news of its own.
    await waitFor(async () => (await calls('xrange')) > 0);
    await bus.fire(Counted, { n: -1 });
    await waitFor(() => seen.length === 1);
    const before = await calls('xrange');
    for (const n of numbers(20)) {
      await bus.fire(Counted, { n });
      await waitFor(() => seen.length === n + 2);
    }
    expect((await calls('xrange')) - before).toBe(20);
    await stop();
  });

  it('finds the streams of per_event that come into being while it follows', async () => {
    const api = uniqueName('follow_api');
    @Event(`${api}.opened`)
    class Opened {
      @Allow() n!: number;
    }
    @Event(`${api}.closed`)
    class Closed {
      @Allow() n!: number;
    }
    const { bus } = await startApplication({
      url: (await sharedRedis()).url,
      service: uniqueName('service'),
      events: [Opened, Closed],
      redis: { stream_use: 'per_event' },
    });
    await bus.fire(Opened, { n: 0 });
    const { seen, stop } = follow(bus, `${api}.*`);
    await waitFor(() => seen.length === 1);
    await bus.fire(Closed, { n: 1 });
    await bus.fire(Opened, { n: 2 });
    await waitFor(() => seen.length === 3, { timeoutMs: 15_000 });
    expect(seen.sort()).toEqual([0, 1, 2]);
    await stop();
  });

  it('ends when the application is closed while Redis is away', async () => {
    const server = await startRedis();
    const { bus, close } = await startApplication({ url: server.url, service: 's' });
    const { running } = follow(bus, 'follow.*');
    await server.kill();
    await close();
    expect(await running).toBe('ended');
  });
});
