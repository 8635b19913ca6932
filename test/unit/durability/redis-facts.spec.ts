import { describe, expect, it } from '@jest/globals';
import { readFacts } from '../../../lib/durability/redis-facts.js';
import { urlForTest } from '../../support/acl.js';
import { connectTo } from '../../support/redis-clients.js';
import { startRedis } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';

describe('readFacts', () => {
  it('reads what Redis does with events', async () => {
    const redis = await startRedis({
      appendonly: true,
      conf: { 'maxmemory-policy': 'allkeys-lru', maxmemory: '100mb', save: '3600 1' },
    });
    expect(await readFacts(redis.client())).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      role: 'master',
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
