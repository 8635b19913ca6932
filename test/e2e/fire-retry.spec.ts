import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { Allow } from 'class-validator';
import type { Redis } from 'ioredis';
import {
  BusClosedError,
  Event,
  EventSerializationError,
  EventValidationError,
  FireError,
  InvalidOptionsError,
  NotReplicatedError,
  PartiallyStoredError,
  PublishError,
  PublishOutcomeUnknownError,
  UnknownEventError,
  type EventBus,
} from 'nestjs-lightbus';
import { loadFireUntilStored, type FireUntilStored } from '../docs/fire-until-stored.js';
import { urlForTest } from '../support/acl.js';
import { startRedis } from '../support/redis-server.js';
import { startProxy } from '../support/tcp-proxy.js';
import { waitFor } from '../support/wait-for.js';
import type { ApplicationParts } from './application.js';
import { closeApplications, newCountedApi, start, type CountedApi } from './counting.js';

/** The README's code: it acts on `retry` alone. */
let fireUntilStored: FireUntilStored;

beforeAll(async () => {
  fireUntilStored = await loadFireUntilStored();
});
afterEach(closeApplications);

type Failure = new (...args: never[]) => Error;

/** An application, and the README's code on its bus; `rejections` is what that code met. */
async function startFiring(
  parts: Partial<ApplicationParts> & { url: string },
  counted: CountedApi = newCountedApi('retry'),
) {
  const application = await start({
    service: 'svc',
    events: [counted.Counted],
    api: { event_fire_timeout: 1, ...parts.api },
    ...parts,
    redis: { consumption_restart_delay: 1, ...parts.redis },
  });
  const rejections: unknown[] = [];
  const watched: Pick<EventBus, 'fireAll'> = {
    fireAll: (...args) =>
      application.bus.fireAll(...args).catch((error: unknown) => {
        rejections.push(error);
        throw error;
      }),
  };
  const fire = (events: object[]) => fireUntilStored(watched as EventBus, events);
  const whenRejected = (type: Failure, retry: string) =>
    waitFor(() => rejections.some((error) => error instanceof type && retryOf(error) === retry));
  return { ...counted, application, fire, rejections, whenRejected };
}

function retryOf(error: unknown): string | undefined {
  return error instanceof FireError ? error.retry : undefined;
}

function make({ Counted }: { Counted: Type<{ n: number }> }, n: number): object {
  return Object.assign(new Counted(), { n });
}

async function stored(client: Redis, stream: string): Promise<number[]> {
  const entries = await client.xrange(stream, '-', '+');
  return entries.map(([, fields]) => Number(fields[fields.indexOf(':n') + 1]));
}

describe("retry 'again'", () => {
  it.each<[string, (client: Redis) => Promise<unknown>, (client: Redis) => Promise<unknown>]>([
    ['READONLY', (c) => c.replicaof('127.0.0.1', '1'), (c) => c.replicaof('NO', 'ONE')],
    ['OOM', (c) => c.config('SET', 'maxmemory', '1'), (c) => c.config('SET', 'maxmemory', '0')],
    [
      'NOREPLICAS',
      (c) => c.config('SET', 'min-replicas-to-write', '1'),
      (c) => c.config('SET', 'min-replicas-to-write', '0'),
    ],
  ])('stores each event once, as Redis refuses for a while (%s)', async (code, begin, end) => {
    const redis = await startRedis();
    const client = redis.client();
    const firing = await startFiring({ url: redis.url });
    await begin(client);
    const done = firing.fire([make(firing, 1), make(firing, 2)]);
    await firing.whenRejected(PublishError, 'again');
    // The script that stores events under given ids is refused in other words.
    const once = firing.application.bus.fireAll([make(firing, 3)], { ids: ['x'] });
    await expect(once).rejects.toMatchObject({
      retry: 'again',
      message: expect.stringContaining(code),
    });
    await end(client);
    await done;
    expect(await stored(client, firing.stream)).toEqual([1, 2]);
    for (const error of firing.rejections) {
      expect(error).toMatchObject({
        retry: 'again',
        stored: [],
        ids: [expect.any(String), expect.any(String)],
      });
    }
  });

  it('stores each event once, as Redis can not be reached for a while', async () => {
    const redis = await startRedis();
    const proxy = await startProxy(redis.port);
    const firing = await startFiring({ url: proxy.url });
    await proxy.refuse();
    proxy.cut();
    const done = firing.fire([make(firing, 1), make(firing, 2)]);
    await firing.whenRejected(PublishError, 'again');
    await proxy.accept();
    await done;
    expect(await stored(redis.client(), firing.stream)).toEqual([1, 2]);
  });
});

describe("retry 'with_ids'", () => {
  it.each<['answers' | 'all', string]>([
    ['answers', 'stored'],
    ['all', 'not stored'],
  ])(
    'stores each event once, as the connection is lost with the %s: it was %s',
    async (lost, fate) => {
      const redis = await startRedis();
      const client = redis.client();
      const proxy = await startProxy(redis.port);
      const firing = await startFiring({ url: proxy.url });
      proxy.pause(lost);
      const done = firing.fire([make(firing, 1), make(firing, 2)]);
      if (fate === 'stored') await waitFor(async () => (await client.xlen(firing.stream)) === 2);
      else await waitFor(() => proxy.held > 0);
      proxy.cut();
      proxy.resume();
      await firing.whenRejected(PublishOutcomeUnknownError, 'with_ids');
      await done;
      expect(await stored(client, firing.stream)).toEqual([1, 2]);
    },
  );

  it('stores each event once, as a part is stored and Redis refuses the rest for a while', async () => {
    const [first, second] = [await startRedis(), await startRedis()];
    const [one, other] = [newCountedApi('first'), newCountedApi('second')];
    const api = (url: string) => ({
      event_fire_timeout: 1,
      event_transport: { redis: { url } },
    });
    const firing = await startFiring(
      {
        url: first.url,
        events: [one.Counted, other.Counted],
        options: { config: { apis: { default: api(first.url), [other.api]: api(second.url) } } },
      },
      one,
    );
    await second.client().config('SET', 'maxmemory', '1');
    const done = firing.fire([make(one, 1), make(other, 2), make(one, 3)]);
    await firing.whenRejected(PartiallyStoredError, 'with_ids');
    await second.client().config('SET', 'maxmemory', '0');
    await done;
    expect(await stored(first.client(), one.stream)).toEqual([1, 3]);
    expect(await stored(second.client(), other.stream)).toEqual([2]);
  });

  it('stores each event once, as replicas are missing for a while', async () => {
    const primary = await startRedis({ conf: { 'repl-diskless-sync-delay': '0' } });
    const firing = await startFiring({ url: primary.url, redis: { min_replicas: 1 } });
    const done = firing.fire([make(firing, 1), make(firing, 2)]);
    await firing.whenRejected(NotReplicatedError, 'with_ids');
    const replica = await startRedis({ args: ['--replicaof', primary.host, `${primary.port}`] });
    await done;
    expect(await stored(primary.client(), firing.stream)).toEqual([1, 2]);
    expect(await stored(replica.client(), firing.stream)).toEqual([1, 2]);
  }, 40_000);
});

describe("retry 'never'", () => {
  class Wide {}
  const wide = newCountedApi('wide');
  Event(`${wide.api}.wide`)(Wide);

  it.each<[string, (client: Redis, stream: string) => Promise<unknown>]>([
    ['WRONGTYPE', (client, stream) => client.set(stream, 'no stream')],
    ['NOPERM', (client) => client.call('ACL', 'SETUSER', 'few', '-xadd')],
  ])(
    'stores nothing, and fires once, where Redis would refuse it again (%s)',
    async (code, begin) => {
      const redis = await startRedis();
      const client = redis.client();
      await client.call('ACL', 'SETUSER', 'few', 'reset', 'on', '>pw', '~*', '&*', '+@all');
      const firing = await startFiring({ url: urlForTest(redis.url).replace('//', '//few:pw@') });
      await begin(client, firing.stream);
      for (const events of [[make(firing, 1)], [make(firing, 1), make(firing, 2)]]) {
        const done = firing.fire(events);
        await expect(done).rejects.toBeInstanceOf(PublishError);
        await expect(done).rejects.toMatchObject({
          retry: 'never',
          message: expect.stringContaining(code),
        });
      }
      const once = firing.application.bus.fireAll([make(firing, 3)], { ids: ['x'] });
      await expect(once).rejects.toMatchObject({
        retry: 'never',
        message: expect.stringContaining(code),
      });
      expect(firing.rejections).toHaveLength(2);
      expect(await client.type(firing.stream)).not.toBe('stream');
    },
  );

  it('stores the first part once, where Redis would refuse the rest again', async () => {
    const redis = await startRedis();
    const client = redis.client();
    const [one, other] = [newCountedApi('first'), newCountedApi('second')];
    const firing = await startFiring({ url: redis.url, events: [one.Counted, other.Counted] }, one);
    await client.set(other.stream, 'no stream');
    const done = firing.fire([make(one, 1), make(other, 2)]);
    await expect(done).rejects.toBeInstanceOf(PartiallyStoredError);
    await expect(done).rejects.toMatchObject({ retry: 'never', stored: [{ stream: one.stream }] });
    expect(await stored(client, one.stream)).toEqual([1]);
    expect(firing.rejections).toHaveLength(1);
  });

  it('stores an event once that may be stored, and that is too large for a given id', async () => {
    const redis = await startRedis();
    const client = redis.client();
    const proxy = await startProxy(redis.port);
    const firing = await startFiring(
      {
        url: proxy.url,
        events: [Wide],
        api: { event_fire_timeout: 1, validate: { outgoing: false } },
      },
      wide,
    );
    const properties = Array.from({ length: 3_600 }, (_, i) => [`p${i}`, i] as const);
    const event: object = Object.assign(new Wide(), Object.fromEntries(properties));
    proxy.pause('answers');
    const done = firing.fire([event]).catch((error: unknown) => error);
    await waitFor(async () => (await client.xlen(wide.stream)) === 1);
    proxy.cut();
    proxy.resume();
    const error = await done;
    expect(error).toBeInstanceOf(PublishOutcomeUnknownError);
    expect(error).toMatchObject({
      retry: 'never',
      message: expect.stringMatching(/Look for it in the history/),
    });
    const again = firing.application.bus.fireAll([event], { ids: ['x'] });
    await expect(again).rejects.toMatchObject({ retry: 'never', stored: [] });
    expect(await client.xlen(wide.stream)).toBe(1);
  });

  it('stores each event once, where Redis refuses to wait for replicas', async () => {
    const redis = await startRedis();
    const client = redis.client();
    await client.call('ACL', 'SETUSER', 'few', 'reset', 'on', '>pw', '~*', '&*', '+@all', '-wait');
    const url = urlForTest(redis.url).replace('//', '//few:pw@');
    const firing = await startFiring({ url, redis: { min_replicas: 1 } });
    const done = firing.fire([make(firing, 1)]);
    await expect(done).rejects.toBeInstanceOf(NotReplicatedError);
    await expect(done).rejects.toMatchObject({
      retry: 'never',
      message: expect.stringContaining('NOPERM'),
    });
    expect(await stored(client, firing.stream)).toEqual([1]);
  });

  it('sends nothing of what no Redis could store', async () => {
    @Event(`${wide.api}.noted`)
    class Noted {
      @Allow() text!: unknown;
    }
    const redis = await startRedis();
    const firing = await startFiring({ url: redis.url, events: [wide.Counted, Noted] }, wide);
    const cases: [object, Failure][] = [
      [make(wide, 0.5), EventValidationError],
      [Object.assign(new Noted(), { text: Symbol('s') }), EventSerializationError],
      [make(newCountedApi('other'), 1), UnknownEventError],
    ];
    for (const [event, type] of cases) {
      const done = firing.fire([make(wide, 1), event]);
      await expect(done).rejects.toBeInstanceOf(type);
      await expect(done).rejects.toMatchObject({ retry: 'never', stored: [] });
    }
    await closeApplications();
    const closed = firing.fire([make(wide, 1)]);
    await expect(closed).rejects.toBeInstanceOf(BusClosedError);
    await expect(closed).rejects.toMatchObject({ retry: 'never', ids: [expect.any(String)] });
    expect(firing.rejections).toHaveLength(cases.length + 1);
    expect(await redis.client().exists(wide.stream)).toBe(0);
  });

  it('is not said of a call that is wrong: that is no FireError', async () => {
    const redis = await startRedis();
    const { application, Counted } = await startFiring({ url: redis.url });
    const error: unknown = await application.bus
      .fire(Counted, { n: 1 }, { id: '' })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error).not.toBeInstanceOf(FireError);
  });
});
