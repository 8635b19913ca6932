import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { PublishError } from 'nestjs-lightbus';
import { aclRules, ACL_USER, urlForTest } from '../support/acl.js';
import { connectTo } from '../support/redis-clients.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { startApplication } from './application.js';
import { newCountedApi, recorderOf } from './counting.js';

const PASSWORD = 'of-this-file';

let redis: RedisServer;
let raw: Redis;
let url: string;

beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
  await grant(ACL_USER);
  url = urlOf(ACL_USER);
});

/** Makes a user of the README's rules, changed by more rules. */
async function grant(user: string, ...changes: string[]): Promise<void> {
  const [, ...rules] = aclRules(PASSWORD);
  await raw.call('ACL', 'SETUSER', user, ...rules, ...changes);
}

function urlOf(user: string): string {
  return urlForTest(redis.url).replace('//', `//${user}:${PASSWORD}@`);
}

/** What Redis has refused so far: who, and what. ioredis's greeting, new in Redis 7.2, may be refused. */
async function refusals(): Promise<string[]> {
  const log = (await raw.call('ACL', 'LOG')) as unknown[][];
  return log
    .map((entry) => {
      const of = (name: string) => String(entry[entry.indexOf(name) + 1]);
      return `${of('username')}: ${of('object')}`;
    })
    .filter((line) => !line.endsWith('client|setinfo'));
}

describe('the user of least privilege', () => {
  const { api, stream, Counted } = newCountedApi('privilege');

  afterAll(() => raw.call('ACL', 'LOG', 'RESET'));

  it('can fire, handle, fail, give up, read history and start again', async () => {
    const Recorder = recorderOf({ api }, { onError: 'dead_letter', maxAttempts: 2 });
    const parts = { url, service: 'svc', events: [Counted], providers: [Recorder] };
    const first = await startApplication(parts);
    const recorder = first.app.get(Recorder);
    recorder.handle = (n) => {
      if (n === 3) throw new Error('never');
    };
    await first.bus.fire(Counted, { n: 1 });
    await first.bus.fire(Counted, { n: 2 }, { id: 'by its own id' });
    await first.bus.fire(Counted, { n: 2 }, { id: 'by its own id' });
    await first.bus.fireAll([3, 4].map((n) => Object.assign(new Counted(), { n })));
    await waitFor(() => recorder.seen.includes(4), { message: 'the last event' });
    expect(recorder.seen).toEqual([1, 2, 4]);
    await first.close();

    const second = await startApplication(parts);
    await second.bus.fire(Counted, { n: 5 });
    const again = second.app.get(Recorder);
    await waitFor(() => again.seen.length > 0, { message: 'the event after the restart' });
    expect(again.seen).toEqual([5]);
    const history: unknown[] = [];
    for await (const { payload } of second.bus.history(`${api}.*`)) history.push(payload);
    expect(history).toHaveLength(5);
    await second.close();

    expect(await raw.xlen(`lightbus:dead_letters:{${stream}}:svc-recorder`)).toBe(1);
    expect(await refusals()).toEqual([]);
  });

  it.each<[string, (client: Redis) => Promise<unknown>]>([
    ['flush', (client) => client.flushall()],
    ['change the configuration', (client) => client.config('SET', 'appendonly', 'no')],
    ['delete a group', (client) => client.xgroup('DESTROY', stream, 'svc-recorder')],
    ['trim', (client) => client.xtrim(stream, 'MAXLEN', 0)],
    ["read others' keys", (client) => client.get('session:1')],
    ["write others' keys from a script", (client) => client.eval("redis.call('SET','x','y')", 0)],
    ['look at all keys', (client) => client.keys('*')],
    ['look at other clients', (client) => client.client('LIST')],
  ])('can not %s', async (_, attempt) => {
    const client = connectTo(url, { protocol: 2 });
    await expect(attempt(client)).rejects.toThrow(/NOPERM|can't (?:run|access)|ACL failure/);
  });
});

describe('a user with less', () => {
  it('is told by fire which right is missing', async () => {
    await grant('mute', '-xadd');
    const { api, Counted } = newCountedApi('mute');
    const { bus } = await startApplication({
      url: urlOf('mute'),
      service: 'svc',
      events: [Counted],
    });
    const error: unknown = await bus.fire(Counted, { n: 1 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PublishError);
    expect((error as Error).message).toMatch(/NOPERM.*'xadd'.*Least privilege/);
    const both = [1, 2].map((n) => Object.assign(new Counted(), { n }));
    await expect(bus.fireAll(both)).rejects.toThrow(/NOPERM.*'xadd'/);
    await expect(bus.fire(Counted, { n: 1 }, { id: 'x' })).rejects.toThrow(
      /NOPERM in the script 'append-once'.*\bxadd\b.*Least privilege/i,
    );
    expect(await raw.exists(`${api}.*:stream`)).toBe(0);
  });

  it.each([
    ['xgroup|create', /NOPERM.*xgroup.create\b.*Least privilege/i],
    ['xreadgroup', /NOPERM.*xreadgroup.*Least privilege/i],
  ])(
    'reads in the log that a listener misses %s, and listens once it is granted',
    async (command, named) => {
      const user = `deaf-${command.replace('|', '-')}`;
      await grant(user, `-${command}`);
      const { api, Counted } = newCountedApi('deaf');
      const Recorder = recorderOf({ api });
      const { app, bus, logs } = await startApplication({
        url: urlOf(user),
        service: 'svc',
        events: [Counted],
        providers: [Recorder],
        redis: { consumption_restart_delay: 1 },
      });
      await waitFor(() => logs.some((line) => named.test(line)), { message: 'the reason' });
      await bus.fire(Counted, { n: 1 });
      await grant(user);
      await waitFor(() => app.get(Recorder).seen.length === 1, { message: 'the event' });
    },
  );
});
