import { isRefusal } from '../redis/refusal.js';
import type { RedisClient } from '../redis/redis-connection.js';
import type { RedisFacts } from './judge-redis.js';

const SECTIONS = ['server', 'persistence', 'replication', 'memory'] as const;

/**
 * Asks a Redis what it does with events, in one round trip. Where `CONFIG` or `INFO` is forbidden,
 * renamed or answered otherwise than by Redis itself (managed services), the fact is left open;
 * several are in both, so that one of the two mostly suffices.
 *
 * @throws what the client throws where the connection fails.
 */
export async function readFacts(client: RedisClient): Promise<RedisFacts> {
  // One by one: Redis 6.2 takes one name per CONFIG GET, and one section per INFO.
  const [infos, policy, maxmemory, appendonly, appendfsync, save] = await Promise.all([
    Promise.all(SECTIONS.map((section) => ifTold(client.info(section)))),
    setting(client, 'maxmemory-policy'),
    setting(client, 'maxmemory'),
    setting(client, 'appendonly'),
    setting(client, 'appendfsync'),
    setting(client, 'save'),
  ]);
  const info = parseInfo(infos.join('\n'));
  return {
    version: info.get('redis_version'),
    role: info.get('role'),
    replicas: toNumber(info.get('connected_slaves')),
    appendonly: toFlag(appendonly ?? info.get('aof_enabled')),
    appendfsync,
    save,
    maxmemoryPolicy: policy ?? info.get('maxmemory_policy'),
    maxmemory: toNumber(maxmemory ?? info.get('maxmemory')),
    usedMemory: toNumber(info.get('used_memory')),
    lastAppendStatus: info.get('aof_last_write_status'),
    lastSnapshotStatus: info.get('rdb_last_bgsave_status'),
  };
}

async function setting(client: RedisClient, name: string): Promise<string | undefined> {
  const reply: unknown = await ifTold(client.config('GET', name));
  // RESP3, which connection_parameters may ask for, answers with a map.
  const value: unknown = Array.isArray(reply)
    ? reply[1]
    : (reply as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : undefined;
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

function parseInfo(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).map((line) => /^(\w+):(.*)$/.exec(line));
  return new Map(lines.flatMap((match) => (match ? [[match[1] ?? '', match[2] ?? '']] : [])));
}

function toNumber(text: string | undefined): number | undefined {
  return text && /^\d+$/.test(text) ? Number(text) : undefined;
}

function toFlag(text: string | undefined): boolean | undefined {
  if (text === 'yes' || text === '1') return true;
  return text === 'no' || text === '0' ? false : undefined;
}
