import { afterEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { PublishOutcomeUnknownError, type LightbusConfig } from 'nestjs-lightbus';
import { newEventId } from '../../lib/wire/event-id.js';
import { urlForTest } from '../support/acl.js';
import { recordCommands } from '../support/monitor.js';
import { startRedis } from '../support/redis-server.js';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { waitFor } from '../support/wait-for.js';
import { closeApplications, newCountedApi, numbers, start } from './counting.js';

afterEach(closeApplications);

const systemTime = Date.now;
afterEach(() => {
  Date.now = systemTime;
});

/** Sets this process's clock, that of the applications in it. */
function setClock(aheadMs: number): void {
  Date.now = () => systemTime() + aheadMs;
}

async function startFiring(url: string, timeout = 5, bus?: LightbusConfig['bus']) {
  const counted = newCountedApi('again');
  const application = await start({
    ...{ url, service: 'svc', events: [counted.Counted], bus },
    api: { event_fire_timeout: timeout },
    redis: { consumption_restart_delay: 1 },
  });
  const fire = (n: number, id?: string) =>
    application.bus.fire(counted.Counted, { n }, id === undefined ? {} : { id });
  return { ...counted, fire };
}

/** Fires what is stored, and whose answer gets lost with the connection. */
async function loseAnswer(
  fire: () => Promise<unknown>,
  proxy: TcpProxy,
  count: () => Promise<number>,
): Promise<PublishOutcomeUnknownError> {
  const before = await count();
  proxy.pause('answers');
  const firing = fire().catch((reason: unknown) => reason);
  await waitFor(async () => (await count()) > before);
  proxy.cut();
  proxy.resume();
  const error = await firing;
  expect(error).toBeInstanceOf(PublishOutcomeUnknownError);
  return error as PublishOutcomeUnknownError;
}

/** Entries as the application itself writes them, under new ids of ours. */
async function fill(raw: Redis, stream: string, count: number): Promise<void> {
  const pipeline = raw.pipeline();
  for (const n of numbers(1, count)) {
    const id = newEventId(systemTime());
    const head = ['id', id, 'api_name', stream.slice(0, -9), 'event_name', 'counted'];
    pipeline.xadd(stream, '*', ...head, 'version', '1', ':n', String(n));
  }
  await pipeline.exec();
}

describe('an event that is fired again after its answer was lost', () => {
  const MINUTE = 60_000;

  it.each([
    ['right', 0, 0],
    ['a minute ahead', MINUTE, MINUTE],
    ['an hour ahead', 60 * MINUTE, 60 * MINUTE],
    ['a minute behind', -MINUTE, -MINUTE],
    ['an hour behind', -60 * MINUTE, -60 * MINUTE],
    ['set forward meanwhile, by an hour', 0, 60 * MINUTE],
    ['set back meanwhile, by an hour', 0, -60 * MINUTE],
  ])('is stored once, where the clock of its process is %s', async (_, first, then) => {
    const redis = await startRedis();
    const raw = redis.client();
    const proxy = await startProxy(redis.port);
    setClock(first);
    const { fire, stream } = await startFiring(proxy.url);
    await fire(1);
    setClock(then);

    const { id } = await loseAnswer(
      () => fire(2),
      proxy,
      () => raw.xlen(stream),
    );

    await fire(3);
    const { nativeId, duplicate } = await fire(2, id);
    expect(duplicate).toBe(true);
    // The stored payload, not the one that is fired now.
    expect(await fire(9, id)).toMatchObject({ nativeId, duplicate: true, payload: { n: 2 } });
    const stored = await raw.xrange(stream, '-', '+');
    expect(stored.map(([, fields]) => fields[fields.indexOf(':n') + 1])).toEqual(['1', '2', '3']);
    expect(stored[1]?.[0]).toBe(nativeId);
  });

  it('is stored once also where its user may not ask Redis for the time', async () => {
    const redis = await startRedis();
    const raw = redis.client();
    await raw.call('ACL', 'SETUSER', 'notime', 'on', '>pw', '~*', '&*', '+@all', '-time');
    const proxy = await startProxy(redis.port);
    setClock(60 * MINUTE);
    const { fire, stream } = await startFiring(urlForTest(proxy.url).replace('//', '//notime:pw@'));
    const { id } = await loseAnswer(
      () => fire(1),
      proxy,
      () => raw.xlen(stream),
    );
    const { nativeId } = await fire(1, id);
    expect((await raw.xrange(stream, '-', '+')).map(([stored]) => stored)).toEqual([nativeId]);
  });

  it('is stored once also where it was fired before Redis was there', async () => {
    const redis = await startRedis();
    const raw = redis.client();
    const proxy = await startProxy(redis.port);
    await proxy.refuse();
    setClock(60 * MINUTE);
    // Elsewhere: an event waits for its schema, and is not written where that can't be.
    const { url: elsewhere } = await startRedis();
    const bus = { schema: { transport: { redis: { url: elsewhere } } } };
    const { fire, stream } = await startFiring(proxy.url, 3, bus);
    // Writes are kept waiting, so that this connection is ready and its first answer does not come.
    await raw.client('PAUSE', 60_000, 'WRITE');
    const firing = fire(1).catch((reason: unknown) => reason);
    await proxy.accept();
    const error = await firing;
    expect(error).toBeInstanceOf(PublishOutcomeUnknownError);
    await raw.client('UNPAUSE');
    const { nativeId } = await fire(1, (error as PublishOutcomeUnknownError).id);
    expect((await raw.xrange(stream, '-', '+')).map(([stored]) => stored)).toEqual([nativeId]);
  });

  it('is looked for in pages, with 20,000 recent entries, and Redis is kept by none of them', async () => {
    const redis = await startRedis();
    const raw = redis.client();
    const proxy = await startProxy(redis.port);
    const { fire, stream } = await startFiring(proxy.url);
    await fill(raw, stream, 10_000);
    const { id } = await loseAnswer(
      () => fire(2),
      proxy,
      () => raw.xlen(stream),
    );
    await fill(raw, stream, 10_000);

    const commands = await recordCommands(redis.client());
    const { nativeId } = await fire(2, id);
    const scripts = commands.filter(({ args }) => args[0]?.startsWith('eval'));
    const reads = commands.filter(({ args }) => /^x(rev)?range$/.test(args[0] ?? ''));
    // What was found is read by its id.
    const isById = ({ args }: { args: readonly string[] }) => args[2] === args[3];
    expect(reads.filter(isById)).toHaveLength(1);
    const looks = reads.filter((one) => !isById(one));
    expect(scripts.length).toBeLessThan(4);
    expect(looks.length).toBeGreaterThan(30);
    const blocking = looks.filter(({ inScript }) => inScript);
    expect(blocking.length).toBeLessThanOrEqual(scripts.length);
    for (const { args } of looks) {
      expect(args.at(-2)?.toUpperCase()).toBe('COUNT');
      expect(Number(args.at(-1))).toBeLessThanOrEqual(301);
    }
    expect(await raw.xlen(stream)).toBe(20_001);
    const [[, fields] = ['', []]] = await raw.xrange(stream, nativeId, nativeId);
    expect(fields[1]).toBe(id);
  });
});

describe('an event that is fired again though it was not stored', () => {
  it('is no duplicate', async () => {
    const redis = await startRedis();
    const raw = redis.client();
    const { fire, stream } = await startFiring(redis.url, 1);
    await fire(1);
    // Redis keeps the event waiting, and forgets it with its connection.
    await raw.client('PAUSE', 60_000, 'WRITE');
    const error = await fire(2).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PublishOutcomeUnknownError);
    await raw.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await raw.client('UNPAUSE');
    const { id } = error as PublishOutcomeUnknownError;
    const retried = await waitFor(() => fire(2, id).catch(() => undefined));
    expect(retried).toMatchObject({ id, duplicate: false });
    expect(await fire(2, id)).toEqual({ ...retried, duplicate: true });
    expect(await raw.xlen(stream)).toBe(2);
  });
});

describe('an event under an id of its own', () => {
  it('costs as many commands and bytes, however many entries are recent', async () => {
    const redis = await startRedis();
    const raw = redis.client();
    const { fire, stream } = await startFiring(redis.url);
    let last = 0;
    const uuidV7 = () => {
      const time = systemTime().toString(16).padStart(12, '0');
      const tail = String(++last).padStart(12, '0');
      return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${tail}`;
    };
    const bytes = async () => {
      const stats = await raw.info('stats');
      const of = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(stats)?.[1]);
      return of('total_net_input_bytes') + of('total_net_output_bytes');
    };
    const costOf20 = async () => {
      await raw.config('RESETSTAT');
      for (const n of numbers(100, 119)) await fire(n, uuidV7());
      const spent = await bytes();
      const calls = [...(await raw.info('commandstats')).matchAll(/cmdstat_(\S+):calls=(\d+)/g)]
        .map(([, name, count]) => `${name} ${count}`)
        .filter((line) => !/^(info|config|ping|time)/.test(line));
      return { spent, calls: calls.sort() };
    };
    await fire(100, uuidV7());
    const few = await costOf20();
    await fill(raw, stream, 20_000);
    const many = await costOf20();
    expect(many.calls).toEqual(few.calls);
    expect(many.calls.join()).not.toMatch(/range/);
    expect(Math.abs(many.spent - few.spent)).toBeLessThan(200);
    await waitFor(async () => (await raw.xlen(stream)) === 20_041);
  });
});
