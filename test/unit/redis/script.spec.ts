import { createHash } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { RedisConnection } from '../../../lib/redis/redis-connection.js';
import { runScript, type Script } from '../../../lib/redis/script.js';
import { urlForTest } from '../../support/acl.js';
import { startRedis, uniqueName, type RedisServer } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';

const LUA = "return redis.call('INCRBY', KEYS[1], ARGV[1])";
const ADD: Script = {
  name: 'add',
  lua: LUA,
  sha: createHash('sha1').update(LUA).digest('hex'),
  commands: ['incrby'],
};

let redis: RedisServer;
let raw: Redis;
let connections: RedisConnection[] = [];

beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
});
beforeEach(async () => {
  await raw.script('FLUSH');
});
afterEach(async () => {
  // One that came back later would load its scripts in the middle of another test.
  await Promise.all(connections.map((connection) => connection.close()));
  connections = [];
});

async function open(url: string, scripts: readonly Script[] = []): Promise<RedisConnection> {
  const log = {
    lost: () => undefined,
    idled: () => undefined,
    ready: () => undefined,
    refused: () => undefined,
  };
  const options = { url, maxReconnectDelayMs: 50 };
  const connection = new RedisConnection(options, 'test', log, scripts);
  connections.push(connection);
  await connection.ready(5_000);
  return connection;
}

const add = (connection: RedisConnection, key: string) =>
  connection.run(1_000, (client) => runScript(client, ADD, [key], [1]));

/** How often a command was called since {@link forgetCalls}. */
async function calls(command: string): Promise<number> {
  const stats = await raw.info('commandstats');
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}
const forgetCalls = () => raw.config('RESETSTAT');

describe('runScript', () => {
  it('sends the text once where Redis does not know the script, and then never again', async () => {
    const connection = await open(urlForTest(redis.url));
    const key = uniqueName('key');
    await forgetCalls();
    for (const sum of [1, 2, 3]) expect(await add(connection, key)).toBe(sum);
    expect([await calls('evalsha'), await calls('eval')]).toEqual([3, 1]);
  });

  it('leaves every other refusal as it is, and names the script', async () => {
    const connection = await open(urlForTest(redis.url), [ADD]);
    const key = uniqueName('key');
    await raw.set(key, 'no number');
    await forgetCalls();
    await expect(add(connection, key)).rejects.toThrow(/not an integer/);
    const refusal = await runScript(connection.client, ADD, [key], [1]).catch((e: unknown) => e);
    expect(refusal).toMatchObject({ script: ADD });
    expect(await calls('eval')).toBe(0);
  });
});

describe('a connection that is given scripts', () => {
  it('knows them before its first command, and again after it was lost', async () => {
    const connection = await open(urlForTest(redis.url), [ADD]);
    const key = uniqueName('key');
    await forgetCalls();
    expect(await add(connection, key)).toBe(1);
    const { session } = connection;
    await raw.script('FLUSH');
    await raw.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await waitFor(() => connection.session > session);
    expect(await add(connection, key)).toBe(2);
    expect(await calls('eval')).toBe(0);
  });

  it('does without where the user may not load any', async () => {
    const rules = ['reset', 'on', '>pw', '~*', '+info', '+evalsha', '+eval', '+incrby'];
    await raw.call('ACL', 'SETUSER', 'few', ...rules);
    const url = urlForTest(redis.url).replace('//', '//few:pw@');
    const connection = await open(url, [ADD]);
    await forgetCalls();
    const key = uniqueName('key');
    for (const sum of [1, 2]) expect(await add(connection, key)).toBe(sum);
    expect(await calls('eval')).toBe(1);
  });
});
