import { Injectable } from '@nestjs/common';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { IsInt } from 'class-validator';
import type { Redis } from 'ioredis';
import {
  Event,
  EventValidationError,
  OnEvent,
  PublishError,
  PublishOutcomeUnknownError,
  type LightbusConfig,
} from 'nestjs-lightbus';
import { freePort, startRedis, uniqueName, type RedisServer } from '../support/redis-server.js';
import { startProxy } from '../support/tcp-proxy.js';
import { untilItSucceeds, waitFor } from '../support/wait-for.js';
import { addRaw, closeApplications, newCountedApi, recorderOf, start } from './counting.js';

let redis: RedisServer;
let raw: Redis;
beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
});

afterEach(closeApplications);

/** An event with a rule, and a listener by class and one by name. */
function newStrictApi() {
  const api = uniqueName('strict');
  @Event(`${api}.counted`)
  class Counted {
    @IsInt() n!: number;
  }
  @Injectable()
  class Listeners {
    readonly byClass: unknown[] = [];
    readonly byName: unknown[] = [];
    @OnEvent(Counted, { listenerName: 'by_class', onError: 'dead_letter' })
    class(event: Counted) {
      this.byClass.push(event);
    }
    @OnEvent(`${api}.*`, { listenerName: 'by_name', onError: 'dead_letter' })
    name(event: object) {
      this.byName.push(event);
    }
  }
  return { api, stream: `${api}.*:stream`, Counted, Listeners };
}

async function addInvalid(stream: string): Promise<string> {
  const fields = ['id', 'x', 'api_name', 'a', 'event_name', 'counted', 'version', '1'];
  return (await raw.xadd(stream, '*', ...fields, ':n', '"many"', ':unknown', '1')) ?? '';
}

async function setAside(stream: string, listener: string): Promise<Record<string, unknown>[]> {
  const letters = await raw.xrange(`lightbus:dead_letters:{${stream}}:svc-${listener}`, '-', '+');
  return letters.map(([, fields]) => JSON.parse(fields[1] ?? '') as Record<string, unknown>);
}

describe('settings of an API', () => {
  /** @param isOwned whether the service registers the event: then its class is known, however it is selected. */
  async function startStrict(api: Record<string, unknown>, isOwned = true) {
    const strict = newStrictApi();
    const { app, bus, logs } = await start({
      url: redis.url,
      service: 'svc',
      events: isOwned ? [strict.Counted] : [],
      providers: [strict.Listeners],
      api,
    });
    return { ...strict, bus, logs, listeners: app.get(strict.Listeners) };
  }

  it.each([true, { outgoing: true, incoming: false }])(
    'validate %j: an invalid event is refused, and nothing is sent',
    async (validate) => {
      const { bus, Counted, stream } = await startStrict({ validate });
      const refused = bus.fire(Counted, { n: 'many' } as unknown as { n: number });
      await expect(refused).rejects.toBeInstanceOf(EventValidationError);
      expect(await raw.xlen(stream)).toBe(0);
    },
  );

  it.each([false, { outgoing: false }])('validate %j: it is sent as it is', async (validate) => {
    const { bus, Counted, stream } = await startStrict({ validate });
    await bus.fire(Counted, { n: 'many' } as unknown as { n: number });
    const [entry] = await raw.xrange(stream, '-', '+');
    expect(entry?.[1].slice(8, 10)).toEqual([':n', '"many"']);
  });

  it.each([undefined, { incoming: false }])(
    'validate %j: what is received is handled whatever its validity',
    async (validate) => {
      const { listeners, stream, Counted } = await startStrict(validate ? { validate } : {});
      await addInvalid(stream);
      await waitFor(() => listeners.byClass.length === 1 && listeners.byName.length === 1);
      expect(listeners.byClass[0]).toBeInstanceOf(Counted);
      expect(listeners.byClass).toMatchObject([{ n: 'many', unknown: 1 }]);
      expect(await setAside(stream, 'by_class')).toEqual([]);
    },
  );

  it.each([
    ['false', false, 1],
    ['true', true, 0],
  ])(
    'validate.incoming, strict_validation %s: what is invalid, or can not be validated, is set aside',
    async (_, strict_validation, handledByName) => {
      const settings = { validate: { incoming: true }, strict_validation };
      const { listeners, stream } = await startStrict(settings, false);
      const nativeId = await addInvalid(stream);
      await waitFor(async () => (await setAside(stream, 'by_class')).length === 1);
      expect(await setAside(stream, 'by_class')).toMatchObject([
        { reason: 'invalid', nativeId, message: expect.stringMatching(/n: .*integer/) as unknown },
      ]);
      await waitFor(
        async () => listeners.byName.length + (await setAside(stream, 'by_name')).length === 1,
      );
      expect(listeners.byName).toHaveLength(handledByName);
      await addRaw(raw, stream, 2);
      await waitFor(() => listeners.byClass.length === 1);
      expect(listeners.byClass).toMatchObject([{ n: 2 }]);
      for (const listener of ['by_class', 'by_name']) {
        await waitFor(async () => (await raw.xpending(stream, `svc-${listener}`))[0] === 0);
      }
    },
  );

  it.each([true, false])(
    'cast_values %s: a handler by class gets an instance or not',
    async (cast) => {
      const { listeners, stream, Counted } = await startStrict({ cast_values: cast });
      await addRaw(raw, stream, 1);
      await waitFor(() => listeners.byClass.length === 1);
      expect(listeners.byClass[0] instanceof Counted).toBe(cast);
      expect({ ...(listeners.byClass[0] as object) }).toEqual({ n: 1 });
    },
  );
});

describe('event_fire_timeout', () => {
  const counted = newCountedApi('timeout');

  async function startFiring(url: string) {
    const { bus } = await start({
      url,
      service: 'svc',
      events: [counted.Counted],
      api: { event_fire_timeout: 1 },
      options: { features: [] },
    });
    const event = () => Object.assign(new counted.Counted(), { n: 1 });
    return {
      fires: [() => bus.fire(event()), () => bus.fireAll([event(), event()])] as const,
      /** Stores one event, however many attempts that takes and whatever becomes of each. */
      fireUntilStored: () => {
        const id = uniqueName('event');
        return untilItSucceeds(() => bus.fire(event(), { id }));
      },
    };
  }

  async function failureOf(fire: () => Promise<unknown>): Promise<unknown> {
    const before = Date.now();
    const error = await fire().catch((thrown: unknown) => thrown);
    const took = Date.now() - before;
    expect(took).toBeLessThan(2_500);
    return error;
  }

  it('bounds firing where Redis does not answer: whether it was stored is not known', async () => {
    const server = await startRedis();
    const { fires } = await startFiring(server.url);
    await fires[0]();
    process.kill(server.pid, 'SIGSTOP');
    const errors = await Promise.all(fires.map(failureOf));
    process.kill(server.pid, 'SIGCONT');
    for (const [i, error] of errors.entries()) {
      expect(error).toBeInstanceOf(PublishOutcomeUnknownError);
      expect((error as PublishOutcomeUnknownError).ids).toHaveLength(i + 1);
    }
    // Redis went on, and stored what was written: that is why nobody could know.
    await waitFor(async () => (await server.client().xlen(counted.stream)) === 4);
  });

  it('bounds firing where the connection is lost on the way', async () => {
    const proxy = await startProxy(redis.port);
    const { fires, fireUntilStored } = await startFiring(proxy.url);
    await fires[0]();
    for (const fire of fires) {
      proxy.pause();
      const failure = failureOf(fire);
      await waitFor(() => proxy.held > 0);
      proxy.cut();
      expect(await failure).toBeInstanceOf(PublishOutcomeUnknownError);
      proxy.resume();
      await fireUntilStored();
    }
  });

  it('bounds firing where there is no connection: nothing is stored, then or later', async () => {
    const port = await freePort();
    const { fires, fireUntilStored } = await startFiring(`redis://127.0.0.1:${port}/0`);
    for (const fire of fires) expect(await failureOf(fire)).toBeInstanceOf(PublishError);
    const server = await startRedis({ port });
    await fireUntilStored();
    expect(await server.client().xlen(counted.stream)).toBe(1);
  }, 30_000);
});

describe('bus.log_level', () => {
  it.each([
    ['debug', ['log', 'warn', 'error']],
    ['info', ['log', 'warn', 'error']],
    ['warning', ['warn', 'error']],
    ['error', ['error']],
    ['critical', []],
  ] as const)('%s shows nothing less severe', async (log_level, shown) => {
    const counted = newCountedApi('levels');
    const Recorder = recorderOf(counted);
    const config: LightbusConfig = {
      bus: { log_level },
      apis: { default: { event_transport: { redis: { url: redis.url } } } },
    };
    const { app, logs } = await start({
      url: redis.url,
      service: 'svc',
      providers: [Recorder],
      options: { config },
    });
    const irregular = [
      'id',
      'x',
      'api_name',
      counted.api,
      'event_name',
      'counted',
      'version',
      'one',
    ];
    await raw.xadd(counted.stream, '*', 'no', 'event');
    await raw.xadd(counted.stream, '*', ...irregular, ':n', '1');
    await waitFor(() => app.get(Recorder).seen.length === 1);
    const ours = logs.filter((line) => line.includes("'recorder'"));
    expect(new Set(ours.map((line) => line.split(' ')[0]))).toEqual(new Set(shown));
  });
});
