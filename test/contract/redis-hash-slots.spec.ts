import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { RedisStore } from '../../lib/store/redis/redis.store.js';
import { recordCommands, type MonitoredCommand } from '../support/monitor.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { describeStoreContract } from './store.contract.js';

const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };

let redis: RedisServer;
let raw: Redis;
let commands: MonitoredCommand[];

/** A Cluster of one node: it has every slot, and refuses commands, scripts and transactions that touch two. */
beforeAll(async () => {
  redis = await startRedis({ conf: { 'cluster-enabled': 'yes' } });
  raw = redis.client();
  await raw.cluster('ADDSLOTSRANGE', 0, 16_383);
  await waitFor(async () => (await raw.cluster('INFO')).includes('cluster_state:ok'));
  commands = await recordCommands(redis.client());
});

function open(): RedisStore {
  return new RedisStore({ url: redis.url, logger });
}

describeStoreContract('RedisStore on a node of a Cluster', async () => {
  const [store, other] = [open(), open()];
  await Promise.all([store.connect(5_000), other.connect(5_000)]);
  return {
    store,
    other,
    async deleteUpTo(stream, nativeId) {
      const entries = await raw.xrange(stream, '-', nativeId);
      await raw.xdel(stream, ...entries.map(([id]) => id));
    },
    async deleteIndex(stream) {
      await raw.del(`lightbus:index:{${stream}}`);
    },
    async cleanup() {
      await Promise.all([store.close(), other.close()]);
    },
  };
});

// Last, of all that the tests above have had run.
describe('a script', () => {
  it('touches no key that it was not given, which is how a Cluster knows where to run it', async () => {
    const strays = new Set<string>();
    let given: readonly string[] = [];
    let looked = 0;
    for (const { args, inScript } of [...commands]) {
      const [name = '', , count] = args;
      if (!inScript) {
        given = name.startsWith('eval') ? args.slice(3, 3 + Number(count)) : [];
        continue;
      }
      const touched = await keysOf(args);
      looked += touched.length;
      for (const key of touched) if (!given.includes(key)) strays.add(`${name} ${key}`);
    }
    expect([...strays]).toEqual([]);
    expect(looked).toBeGreaterThan(1_000);
  });
});

async function keysOf(args: readonly string[]): Promise<string[]> {
  // TIME takes nothing.
  if (args.length === 1) return [];
  return (await raw.call('COMMAND', ['GETKEYS', ...args])) as string[];
}
