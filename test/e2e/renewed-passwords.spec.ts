import { afterEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { connectTo } from '../support/redis-clients.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { startSentinel } from '../support/sentinel.js';
import { untilItSucceeds, waitFor } from '../support/wait-for.js';
import {
  closeApplications,
  linesOf,
  newCountedApi,
  ourConnections,
  start,
  startCounting,
} from './counting.js';

afterEach(closeApplications);

const FIRST = 'first-S3cret';
const SECOND = 'second-S3cret';

/** A server with a user whose password changes. */
async function startServer() {
  const redis = await startRedis();
  const admin = redis.client();
  const setPassword = (password: string) =>
    admin.call('ACL', ['SETUSER', 'svc', 'on', 'resetpass', `>${password}`, '~*', '&*', '+@all']);
  await setPassword(FIRST);
  return { redis, admin, setPassword, url: plainUrl(redis) };
}

const plainUrl = ({ port }: RedisServer) => `redis://127.0.0.1:${port}/0`;

async function killAll(admin: Redis): Promise<void> {
  for (const { id } of await ourConnections(admin)) await admin.client('KILL', 'ID', id);
}

describe('connection_parameters as a function', () => {
  it('is asked at each connect, so that rotated passwords need no restart', async () => {
    const { admin, setPassword, url } = await startServer();
    let [password, asked] = [FIRST, 0];
    const ask = async () => {
      asked++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { username: 'svc', password };
    };
    const { application, recorder, fire } = await startCounting({
      ...{ url, redis: { connection_parameters: ask } },
    });
    await fire(1);
    await waitFor(() => recorder().seen.length === 1);
    const before = asked;
    for (const [i, next] of [SECOND, 'third-S3cret'].entries()) {
      await setPassword(next);
      password = next;
      await killAll(admin);
      await waitFor(async () => (await ourConnections(admin)).length >= 2);
      await untilItSucceeds(() => fire(i + 2));
      await waitFor(() => recorder().seen.includes(i + 2));
    }
    expect(asked).toBeGreaterThanOrEqual(before + 2);
    expect(application.logs.join()).not.toContain('S3cret');
    expect((await admin.client('LIST')) as string).toContain('user=svc');
  }, 60_000);

  it('that fails is a failed attempt, is told once, and asked again', async () => {
    const { url } = await startServer();
    let failures = 0;
    const ask = () => {
      if (failures++ < 5) throw new Error('the vault is sealed\u001b[2J');
      return { username: 'svc', password: FIRST };
    };
    const { application, recorder, fire } = await startCounting({
      ...{ url, redis: { connection_parameters: ask }, api: { event_fire_timeout: 20 } },
    });
    await fire(1);
    await waitFor(() => recorder().seen.length === 1);
    const lost = linesOf(application, 'error');
    expect(lost).toEqual([
      expect.stringMatching(/^error No connection to Redis .*gives none: the vault is sealed/),
    ]);
    expect(linesOf(application, 'log').join()).toMatch(/Connected to Redis/);
  }, 60_000);

  it.each<[string, unknown, RegExp]>([
    ['no object', 'S3cret', /expected an object; found a text/],
    [
      'a wrong password',
      { password: 4711 },
      /password: expected a text that is not empty, in quotes .*; found a number/,
    ],
    ['what the module sets', { keyPrefix: 'S3cret' }, /keyPrefix: expected no keyPrefix/],
    ['a rejected promise', Promise.reject(new Error('token expired')), /token expired/],
  ])(
    'says what is wrong with an answer, without its values: %s',
    async (_, answer, message) => {
      const { url } = await startServer();
      (answer as Promise<unknown>).catch?.(() => undefined);
      const { Counted } = newCountedApi('answers');
      const application = await start({
        ...{ url, service: 'svc', events: [Counted], api: { event_fire_timeout: 1 } },
        redis: { connection_parameters: () => answer },
      });
      await expect(application.bus.fire(Counted, { n: 1 })).rejects.toMatchObject({
        ...{ name: 'PublishError', retry: 'again', message: expect.stringMatching(message) },
      });
      expect(linesOf(application, 'error')).toEqual([expect.stringMatching(message)]);
      expect(application.logs.join()).not.toMatch(/S3cret|4711/);
    },
    60_000,
  );

  it('says where Redis is, too, and is named by that', async () => {
    const { redis } = await startServer();
    const ask = () => ({
      host: '127.0.0.1',
      port: redis.port,
      db: 3,
      username: 'svc',
      password: FIRST,
    });
    const { application, fire, stream } = await startCounting({
      ...{ url: undefined as unknown as string, redis: { connection_parameters: ask } },
    });
    await fire(1);
    expect(application.logs.join('\n')).toContain(`redis://127.0.0.1:${redis.port}/3`);
    const other = connectTo(plainUrl(redis).replace('/0', '/3'));
    expect(await other.xlen(stream)).toBe(1);
  }, 60_000);

  it('is one Redis for all APIs that have it', async () => {
    const { admin, url } = await startServer();
    const ask = () => ({ username: 'svc', password: FIRST });
    const transport = { redis: { url, connection_parameters: ask } };
    const { fire } = await startCounting({
      ...{ url, redis: { connection_parameters: ask } },
      options: {
        config: {
          apis: { default: { event_transport: transport }, other: { event_transport: transport } },
        },
      },
    });
    await fire(1);
    const roles = async () => (await ourConnections(admin)).map(({ name }) => name).sort();
    await waitFor(async () => (await roles()).includes('bell'));
    expect(await roles()).toEqual(['bell', 'commands', 'schema']);
  }, 60_000);

  it('names the sentinels, too', async () => {
    const { redis } = await startServer();
    const sentinel = await startSentinel(redis, 'mymaster');
    const ask = async () => ({
      ...{ sentinels: [sentinel], name: 'mymaster', username: 'svc', password: FIRST },
    });
    const { recorder, fire } = await startCounting({
      ...{ url: undefined as unknown as string, redis: { connection_parameters: ask } },
    });
    await fire(1);
    await waitFor(() => recorder().seen.length === 1);
  }, 60_000);

  it('that never answers keeps nobody from closing', async () => {
    const { url } = await startServer();
    const { application } = await startCounting({
      url,
      redis: { connection_parameters: () => new Promise<never>(() => undefined) },
      api: { event_fire_timeout: 1 },
    });
    const told = application.logs.length;
    const before = performance.now();
    await application.close();
    expect(performance.now() - before).toBeLessThan(3_000);
    expect(application.logs.slice(told)).toEqual([
      expect.stringMatching(/^log Drained in \d\.\d s: 1 listener\.$/),
    ]);
  }, 20_000);
});
