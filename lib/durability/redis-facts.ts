import { printable } from '../wire/printable.js';
import { isRefusal } from '../redis/refusal.js';
import type { RedisClient } from '../redis/redis-connection.js';
import type { RedisFacts } from './judge-redis.js';

const SETTINGS = ['maxmemory-policy', 'maxmemory', 'appendonly', 'appendfsync', 'save'] as const;

/**
 * Asks a Redis what it does with events, in one round trip; in another one, how large a Cluster is.
 * Where `CONFIG` or `INFO` is forbidden, renamed or answered otherwise than by Redis itself (managed services), the fact is left open;
 * several are in both, so that one of the two mostly suffices.
 *
 * @throws what the client throws where the connection fails.
 */
export async function readFacts(client: RedisClient): Promise<RedisFacts> {
  const [text = '', settings] = await Promise.all([
    // Without sections: a Redis too old to take several has to tell its version, too.
    ifTold(client.info()),
    ifTold(client.config('GET', ...SETTINGS)),
  ]);
  const info = parseInfo(text);
  const setting = parseSettings(settings);
  const isCluster = toFlag(info.get('cluster_enabled'));
  const cluster = isCluster ? parseInfo((await ifTold(client.cluster('INFO'))) ?? '') : undefined;
  return {
    version: info.get('redis_version'),
    valkeyVersion: info.get('valkey_version'),
    role: info.get('role'),
    replicas: toNumber(info.get('connected_slaves')),
    appendonly: toFlag(setting('appendonly') ?? info.get('aof_enabled')),
    appendfsync: setting('appendfsync'),
    save: setting('save'),
    maxmemoryPolicy: setting('maxmemory-policy') ?? info.get('maxmemory_policy'),
    maxmemory: toNumber(setting('maxmemory') ?? info.get('maxmemory')),
    usedMemory: toNumber(info.get('used_memory')),
    lastAppendStatus: info.get('aof_last_write_status'),
    lastSnapshotStatus: info.get('rdb_last_bgsave_status'),
    isCluster,
    clusterState: cluster?.get('cluster_state'),
    clusterSize: toNumber(cluster?.get('cluster_size')),
  };
}

async function ifTold<T>(reply: Promise<T>): Promise<T | undefined> {
  try {
    return await reply;
  } catch (error) {
    // A refusal is an answer: this Redis doesn't tell. A lost connection is none.
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** The reply of CONFIG GET: names and values in turn; over RESP3, which connection_parameters may ask for, a map. */
function parseSettings(reply: unknown): (name: (typeof SETTINGS)[number]) => string | undefined {
  const flat: readonly unknown[] = Array.isArray(reply)
    ? reply
    : Object.entries(reply ?? {}).flat();
  const values = new Map(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]]] : [])));
  return (name) => {
    const value = values.get(name);
    return typeof value === 'string' ? printable(value) : undefined;
  };
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).map((line) => /^(\w+):(.*)$/.exec(line));
  return new Map(
    lines.flatMap((match) => (match ? [[match[1] ?? '', printable(match[2] ?? '')]] : [])),
  );
}

function toNumber(text: string | undefined): number | undefined {
  return text && /^\d+$/.test(text) ? Number(text) : undefined;
}

function toFlag(text: string | undefined): boolean | undefined {
  if (text === 'yes' || text === '1') return true;
  return text === 'no' || text === '0' ? false : undefined;
}
