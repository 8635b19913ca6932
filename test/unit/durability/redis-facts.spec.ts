import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { readFacts } from '../../../lib/durability/redis-facts.js';
import { urlForTest } from '../../support/acl.js';
import { connectTo } from '../../support/redis-clients.js';
import { startRedis } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';

/** The version of the `redis-server` on the PATH, where it is Valkey. */
function valkeyVersion(): string | undefined {
  const told = spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout;
  return /^Valkey .*v=(\S+)/.exec(told)?.[1];
}

describe('readFacts', () => {
  it('reads what Redis does with events', async () => {
    const redis = await startRedis({
      appendonly: true,
      conf: { 'maxmemory-policy': 'allkeys-lru', maxmemory: '100mb', save: '3600 1' },
    });
    expect(await readFacts(redis.client())).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      valkeyVersion: valkeyVersion(),
      role: 'master',
      isCluster: false,
      replicas: 0,
      appendonly: true,
      appendfsync: 'always',
      save: '3600 1',
      maxmemoryPolicy: 'allkeys-lru',
      maxmemory: 104_857_600,
      usedMemory: expect.any(Number),
      lastAppendStatus: 'ok',
      lastSnapshotStatus: 'ok',
    });
  });

  it('knows a primary and its replica', async () => {
    const primary = await startRedis();
    const replica = await startRedis({ args: ['--replicaof', primary.host, `${primary.port}`] });
    const [asked, other] = [primary.client(), replica.client()];
    await waitFor(async () => (await readFacts(asked)).replicas === 1, { message: 'a replica' });
    expect(await readFacts(asked)).toMatchObject({ role: 'master', appendonly: false, save: '' });
    expect(await readFacts(other)).toMatchObject({ role: 'slave', replicas: 0 });
  });

  it.each([2, 3] as const)('reads the same over RESP%d', async (protocol) => {
    const redis = await startRedis();
    const facts = await readFacts(redis.client({ protocol }));
    expect(facts).toMatchObject({ appendonly: false, maxmemoryPolicy: 'noeviction', save: '' });
  });

  it('takes from INFO what CONFIG may not tell', async () => {
    const redis = await startRedis({ args: ['--rename-command', 'CONFIG', ''] });
    expect(await readFacts(redis.client())).toMatchObject({
      appendonly: false,
      appendfsync: undefined,
      save: undefined,
      maxmemoryPolicy: 'noeviction',
      maxmemory: 0,
    });
  });

  it('asks with two commands', async () => {
    const raw = (await startRedis()).client();
    await raw.config('RESETSTAT');
    await readFacts(raw);
    const stats = await raw.info('commandstats');
    const asked = /cmdstat_(info|config\|get):calls=(\d+)/g;
    const calls = [...stats.matchAll(asked)].map(([, name, count]) => [name, Number(count)]);
    expect(Object.fromEntries(calls)).toEqual({ info: 1, 'config|get': 1 });
  });

  it('leaves open what a user without CONFIG and INFO is not told', async () => {
    const redis = await startRedis();
    await redis.client().call('ACL', 'SETUSER', 'blind', 'on', '>pw', '+@all', '-config', '-info');
    const client = connectTo(urlForTest(redis.url).replace('//', '//blind:pw@'), {
      enableReadyCheck: false,
    });
    const facts = await readFacts(client);
    expect(Object.values(facts).filter((fact) => fact !== undefined)).toEqual([]);
  });

  it('does not take a lost connection for an answer', async () => {
    const redis = await startRedis();
    const client = redis.client({ enableOfflineQueue: false, lazyConnect: true });
    await expect(readFacts(client)).rejects.toThrow("Stream isn't writeable");
  });
});
