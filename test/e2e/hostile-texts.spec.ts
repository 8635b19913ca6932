import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { LightbusError, Listeners, OnEvent } from 'nestjs-lightbus';
import { RedisConnection } from '../../lib/redis/redis-connection.js';
import { RedisStore } from '../../lib/store/redis/redis.store.js';
import { groupKey, processKey } from '../../lib/store/redis/keys.js';
import { deadLetterStream } from '../../lib/store/dead-letter.js';
import { urlForTest } from '../support/acl.js';
import { owned } from '../support/owned.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { configFor, lightbus } from './cli-process.js';
import { closeApplications, start } from './counting.js';

/** Forges a line, clears a screen, rings, ends a text, reorders a line: whatever a terminal acts on. */
const HOSTILE = 'a\r\nerror forged\u001b[2J\u0000\u0007\u007f\u009b31m\u202e\u2028\u2066b';

const STREAM = 'store.orders.*:stream';
const GROUP = 'svc-recorder';
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

function expectPrintable(lines: readonly string[]): void {
  for (const line of lines) expect(line).not.toMatch(UNPRINTABLE);
  expect(lines.filter((line) => line.startsWith('error forged'))).toEqual([]);
}

const linesIn = (text: string) => text.split('\n');

/** Whatever is thrown, with its causes, as Node prints it. */
function expectPrintableError(error: unknown): void {
  expect(error).toBeInstanceOf(LightbusError);
  for (let one = error; one instanceof Error; one = one.cause) {
    expect(one.message).not.toMatch(UNPRINTABLE);
    expectPrintable(linesIn(one.stack ?? ''));
  }
}

/** Puts the text wherever a stranger can put one. */
async function fill(raw: Redis): Promise<void> {
  const event = ['id', 'e', 'api_name', 'store.orders', 'event_name', 'placed', 'version', '1'];
  for (let i = 0; i < event.length; i++) {
    await raw.xadd(STREAM, '*', ...event.map((text, at) => (at === i ? HOSTILE : text)), ':n', '1');
  }
  await raw.xadd(STREAM, '*', ...event, `:${HOSTILE}`, JSON.stringify(HOSTILE), ':bad', HOSTILE);
  await raw.xadd(STREAM, '*', ...event, ':deep', JSON.stringify({ [HOSTILE]: [HOSTILE] }));
  await raw.xadd(STREAM, '*', HOSTILE, HOSTILE);
  await raw.xadd(`${HOSTILE}.*:stream`, '*', ...event);
  await raw.xadd(`store.orders.${HOSTILE}:stream`, '*', ...event);
  await raw.xadd('store.late.*:stream', '18446744073709551615-1', ...event);

  await raw.xgroup('CREATE', STREAM, HOSTILE, '0');
  await raw.xreadgroup('GROUP', HOSTILE, HOSTILE, 'COUNT', 1, 'STREAMS', STREAM, '>');
  await raw.xgroup('CREATE', STREAM, GROUP, '0');
  await raw.xgroup('CREATECONSUMER', STREAM, GROUP, HOSTILE);
  // It has ended in order.
  await raw.hset(groupKey({ stream: STREAM, group: GROUP }), `consumer:${HOSTILE}`, 1);

  const letters = deadLetterStream({ stream: STREAM, group: GROUP });
  const report = {
    ...{ listener: HOSTILE, reason: HOSTILE, message: HOSTILE, stack: HOSTILE, attempts: 1 },
    ...{ stream: STREAM, nativeId: '1-0', group: HOSTILE, consumer: HOSTILE },
    time: new Date().toISOString(),
  };
  await raw.xadd(letters, '*', 'dead_letter', JSON.stringify(report), HOSTILE, HOSTILE);
  await raw.xadd(letters, '*', 'dead_letter', HOSTILE, HOSTILE, HOSTILE);
  await raw.xadd(deadLetterStream({ stream: STREAM, group: HOSTILE }), '*', HOSTILE, HOSTILE);

  await raw.sadd('schemas', HOSTILE, 'store.broken', 'store.orders');
  await raw.set(`schema:${HOSTILE}`, JSON.stringify({ events: { [HOSTILE]: {} }, rpcs: {} }));
  await raw.set('schema:store.broken', HOSTILE);
  await raw.set(
    'schema:store.orders',
    JSON.stringify({ events: { placed: { [HOSTILE]: HOSTILE } } }),
  );
  await raw.sadd(
    'lightbus:streams:{store.orders.*:stream}',
    HOSTILE,
    `store.orders.${HOSTILE}:stream`,
  );
}

/** A lease of a live process that says so of itself. */
async function hold(raw: Redis, consumer: string): Promise<void> {
  const said = JSON.stringify({ host: HOSTILE, pid: 1, since: HOSTILE });
  await raw.hset(groupKey({ stream: STREAM, group: GROUP }), `holder:${consumer}`, `tok ${said}`);
  await raw.set(processKey('tok'), HOSTILE);
}

describe('a hostile text, wherever a stranger can put one', () => {
  let redis: RedisServer;
  let raw: Redis;

  beforeAll(async () => {
    redis = await startRedis();
    raw = redis.client();
    await fill(raw);
  });
  afterEach(closeApplications);

  it.each([
    [['status']],
    [['status', '--json']],
    [['inspect']],
    [['inspect', '--format', 'pretty']],
    [['inspect', '--format', 'human']],
    [['deadletters', 'list', 'recorder', '-s', 'svc']],
    [['deadletters', 'list', 'recorder', '-s', 'svc', '--format', 'human']],
    [['deadletters', 'list', 'recorder', '-s', 'svc', '--by', 'error', '--format', 'human']],
    [['deadletters', 'list', 'recorder', '-s', 'svc', '--by', 'error']],
    [['deadletters', 'list', HOSTILE.replaceAll('\u0000', ''), '-s', 'svc']],
    [['retire', 'recorder', '-s', 'svc', '--consumers']],
    [['dumpschema']],
  ])(
    'reaches the terminal only escaped: lightbus %j',
    async ([...args]) => {
      const safe = args.map((arg) => arg.replaceAll('\u0000', ''));
      const all = [...safe, '--config', configFor(redis.url), '--log-level', 'debug'];
      const { code, stdout, stderr } = await lightbus(all);
      expect([0, 1, 2]).toContain(code);
      expect(stdout + stderr).toMatch(/\\u|\\r/);
      expectPrintable(linesIn(stdout));
      expectPrintable(linesIn(stderr));
    },
    30_000,
  );

  it('reaches the log of an application only escaped', async () => {
    const seen: unknown[] = [];
    class Recorder {
      @OnEvent('store.orders.*', {
        listenerName: 'recorder',
        onError: 'dead_letter',
        maxAttempts: 1,
      })
      record(event: object): void {
        seen.push(event);
        throw new Error(HOSTILE);
      }
    }
    const parts = { url: redis.url, service: 'svc', providers: [Recorder] };
    const application = await start({ ...parts, bus: { log_level: 'debug' } });
    await waitFor(() => seen.length >= 8);
    const listeners = application.app.get(Listeners);
    const letters = [];
    for await (const letter of listeners.deadLetters('recorder')) letters.push(letter);
    expect(letters.length).toBeGreaterThan(2);
    await listeners.redrive('recorder');
    for await (const message of application.bus.history('store.orders.*'))
      expect(message).toBeDefined();
    expectPrintable(application.logs);
    expect(application.logs.filter((line) => line.includes('forged')).length).toBeGreaterThan(5);
  }, 30_000);

  it('reaches the log of a process whose name is taken only escaped', async () => {
    await hold(raw, 'w2');
    class Recorder {
      @OnEvent('store.orders.*', { listenerName: 'recorder' })
      record(): void {}
    }
    const parts = { url: redis.url, service: 'svc', process: 'w2', providers: [Recorder] };
    const failure = await start(parts).then(
      ({ logs }) => ({ logs }),
      (error: unknown) => ({ error }),
    );
    if ('error' in failure) expectPrintableError(failure.error);
    else expectPrintable(failure.logs);
    expect(
      JSON.stringify(failure, (_, value: unknown) =>
        value instanceof Error ? value.message : value,
      ),
    ).toContain('forged');
  }, 30_000);

  it('of Redis reaches an error only escaped, its causes included', async () => {
    const connection = new RedisConnection({ url: urlForTest(redis.url) }, 'test', {
      ...{
        lost: () => undefined,
        idled: () => undefined,
        ready: () => undefined,
        refused: () => undefined,
      },
    });
    owned().onEnd(() => connection.close());
    const said = HOSTILE.replace(/[\r\n]/g, '');
    const refused = connection.run(5_000, (client) =>
      client.eval('return redis.error_reply(ARGV[1])', 0, `ERR ${said}`),
    );
    const error: unknown = await refused.catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('forged');
    expectPrintableError(error);
  });

  it('in names reaches an error of a store only escaped', async () => {
    const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
    const store = new RedisStore({ url: redis.url, logger });
    owned().onEnd(() => store.close());
    const stream = `${HOSTILE}.text`;
    await raw.set(stream, 'no stream');
    const options = { maxLength: null, timeoutMs: 5_000 };
    const entries = [['id', HOSTILE, 'event_name', 'x']];
    for (const appending of [
      store.append(stream, entries, options),
      store.appendOnce(stream, entries, { ...options, onceWithinMs: 1_000 }),
    ]) {
      expectPrintableError(await appending.catch((thrown: unknown) => thrown));
    }
    const ranging = store.range(stream, { start: '-', end: '+', count: 1 });
    expectPrintableError(await ranging.catch((thrown: unknown) => thrown));
  });
});
