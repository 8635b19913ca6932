import { Injectable } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Allow } from 'class-validator';
import { Event, EventBus, Project, Projections } from 'nestjs-lightbus';
import { startRedis, uniqueName, sharedRedis } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { startApplication } from './application.js';

@Event('read_model.counted')
class Counted {
  @Allow() n!: number;
}

@Injectable()
class Numbers {
  readonly seen: number[] = [];
  @Project(Counted)
  counted({ n }: Counted) {
    this.seen.push(n);
  }
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => Object.assign(new Counted(), { n: from + i }));

describe('projections, on Redis', () => {
  it('have read 5,000 events when the application has started, and read their writes', async () => {
    const server = await startRedis({ appendonly: true });
    const parts = { url: server.url, service: 'writer', events: [Counted] };
    const writer = await startApplication(parts);
    for (let n = 0; n < 5000; n += 500) await writer.bus.fireAll(numbers(n, n + 500));
    const reader = await startApplication({
      ...parts,
      service: 'reader',
      providers: [Numbers],
      options: { features: [] },
    });
    const { seen } = reader.app.get(Numbers);
    expect(seen).toEqual(numbers(0, 5000).map(({ n }) => n));
    expect(reader.logs.join('\n')).toMatch(/Projections are fed: Numbers 5000 events.*took \d+ ms/);
    // No consumer group.
    expect(await server.client().xinfo('GROUPS', 'read_model.*:stream')).toEqual([]);

    const projections = reader.app.get(Projections);
    await projections.waitFor(Numbers, await reader.bus.fire(Counted, { n: 5000 }));
    expect(seen.at(-1)).toBe(5000);

    await server.kill();
    await server.restart();
    const [message] = await writer.bus.fireAll(numbers(5001, 5003));
    await projections.waitFor(Numbers, message!, { timeoutMs: 10_000 });
    await waitFor(() => seen.length >= 5003);
    expect(seen).toEqual(numbers(0, 5003).map(({ n }) => n));
  });

  it('wait for a Redis that is away when the application starts', async () => {
    const server = await startRedis({ appendonly: true });
    const parts = { url: server.url, service: 'writer', events: [Counted] };
    const writer = await startApplication(parts);
    await writer.bus.fire(Counted, { n: 1 });
    await server.kill();
    const starting = startApplication({
      ...parts,
      service: 'reader',
      providers: [Numbers],
      events: [],
    });
    await server.restart();
    expect((await starting).app.get(Numbers).seen).toEqual([1]);
  });

  it('stop, with health down, where Redis has gone back to an older state', async () => {
    const server = await startRedis();
    const { app, bus, logs } = await startApplication({
      ...{ url: server.url, service: 's', events: [Counted], providers: [Numbers] },
    });
    await app.get(Projections).waitFor(Numbers, await bus.fire(Counted, { n: 1 }));
    await server.kill();
    await server.restart();
    await bus.fire(Counted, { n: 2 });
    await waitFor(() => app.get(Projections).state(Numbers).failed);
    expect(app.get(Numbers).seen).toEqual([1]);
    expect(logs.filter((line) => line.includes('gone back to an older state'))).toHaveLength(1);
  });

  it('share their connections, and read once each for an event, however many there are', async () => {
    const cost = async (count: number) => {
      const server = await startRedis();
      const providers = Array.from({ length: count }, () => {
        @Injectable()
        class One extends Numbers {}
        return One;
      });
      const parts = { url: server.url, service: 's', events: [Counted], providers };
      const { app, bus, close } = await startApplication(parts);
      const client = server.client();
      const seen = async (n: number) => {
        const message = await bus.fire(Counted, { n });
        const waits = providers.map((one) => app.get(Projections).waitFor(one, message));
        await Promise.all(waits);
      };
      // The first one may be told of twice: by Redis, and by the first look for news.
      for (const n of [-1, 0]) await seen(n);
      const calls = async () => {
        const stats = (await client.info('commandstats')).matchAll(/cmdstat_(x\w+):calls=(\d+)/g);
        return new Map(Array.from(stats, ([, name = '', calls]) => [name, Number(calls)]));
      };
      const before = await calls();
      for (let n = 1; n <= 10; n++) await seen(n);
      const made = [...(await calls())].map(([name, n]) => [name, n - (before.get(name) ?? 0)]);
      const connections = /connected_clients:(\d+)/.exec(await client.info('clients'))?.[1];
      await close();
      return { connections, commands: Object.fromEntries(made.filter(([, n]) => n)) as unknown };
    };
    const one = await cost(1);
    expect(one.commands).toEqual({ xadd: 10, xrange: 10 });
    expect(await cost(20)).toEqual({ ...one, commands: { xadd: 10, xrange: 200 } });
  });

  it('come to the first event of a new stream at once where it is waited for (per_event)', async () => {
    const api = uniqueName('projected_api');
    @Event(`${api}.opened`)
    class Opened {
      @Allow() n!: number;
    }
    @Event(`${api}.closed`)
    class Closed {
      @Allow() n!: number;
    }
    @Injectable()
    class All {
      readonly seen: unknown[] = [];
      @Project(`${api}.*`)
      any(event: { n: number }) {
        this.seen.push(event.n);
      }
    }
    const { app, bus } = await startApplication({
      url: (await sharedRedis()).url,
      service: uniqueName('service'),
      events: [Opened, Closed],
      providers: [All],
      redis: { stream_use: 'per_event' },
    });
    const projections = app.get(Projections);
    await projections.waitFor(All, await bus.fire(Opened, { n: 1 }), { timeoutMs: 2_000 });
    await projections.waitFor(All, await bus.fire(Closed, { n: 2 }), { timeoutMs: 2_000 });
    expect(app.get(All).seen).toEqual([1, 2]);
  });

  it('do not keep an application from being closed while they catch up', async () => {
    const server = await startRedis();
    await server.kill();
    let bus: EventBus | undefined;
    @Injectable()
    class Closing {
      constructor(given: EventBus) {
        bus = given;
      }
    }
    const parts = { url: server.url, service: 's', bus: { projection_timeout: 0.5 } };
    const starting = startApplication({ ...parts, providers: [Numbers, Closing] });
    await expect(starting).rejects.toThrow(/have not caught up within 0.5 s/);
    await expect(bus!.fire(Counted, { n: 1 })).rejects.toThrow();
  });
});
