import type { DurabilityFinding, DurabilityVerdict } from './durability.js';

/** What is known of a Redis; `undefined` where it does not tell. Names are those of Redis. */
export interface RedisFacts {
  /** `redis_version`: its own, or that of the Redis whose commands it has. */
  readonly version?: string;
  /** `valkey_version`, where it is Valkey. */
  readonly valkeyVersion?: string;
  /** `master` or `slave` */
  readonly role?: string;
  /** `connected_slaves` */
  readonly replicas?: number;
  readonly appendonly?: boolean;
  /** `always`, `everysec` or `no` */
  readonly appendfsync?: string;
  /** When snapshots are made: `3600 1 300 100`; empty for never. */
  readonly save?: string;
  readonly maxmemoryPolicy?: string;
  /** Bytes; 0 for no limit. */
  readonly maxmemory?: number;
  /** `used_memory`, bytes */
  readonly usedMemory?: number;
  /** `aof_last_write_status` */
  readonly lastAppendStatus?: string;
  /** `rdb_last_bgsave_status` */
  readonly lastSnapshotStatus?: string;
  /** `cluster_enabled` */
  readonly isCluster?: boolean;
  /** `cluster_state` of a Cluster: `ok`, or `fail` where it takes no commands. */
  readonly clusterState?: string;
  /** `cluster_size` of a Cluster: how many nodes have hash slots. */
  readonly clusterSize?: number;
}

/** The oldest major version that has all commands and options that this module uses. */
const OLDEST_MAJOR = 7;

/** Share of `maxmemory` beyond which there is a warning. */
const MEMORY_SHARE = 0.8;

/**
 * Judges what is known of a Redis. Pure.
 *
 * @param minReplicas setting `min_replicas`.
 */
export function judge(facts: RedisFacts, minReplicas: number): DurabilityVerdict {
  const findings = [
    ...persistence(facts),
    eviction(facts),
    cluster(facts),
    role(facts),
    version(facts),
    replicas(facts, minReplicas),
    memory(facts),
    unknown(facts),
  ].filter((finding) => finding !== undefined);
  return { durable: findings.every(({ level }) => level !== 'problem'), findings };
}

type Judgement = DurabilityFinding | undefined;

function persistence(facts: RedisFacts): Judgement[] {
  const { appendonly, lastAppendStatus } = facts;
  if (appendonly === undefined) return [];
  if (!appendonly) return [withoutAppendOnlyFile(facts)];
  const failing: Judgement = isFailing(lastAppendStatus)
    ? {
        level: 'problem',
        text: `this Redis can't write its append-only file: aof_last_write_status is ${lastAppendStatus}`,
        remedy: 'see the log of Redis; its disk may be full',
      }
    : undefined;
  return [failing, flushing(facts)];
}

function withoutAppendOnlyFile({ save, lastSnapshotStatus }: RedisFacts): DurabilityFinding {
  const forgotten = save
    ? 'everything since its last snapshot at a crash'
    : 'everything at a restart';
  const failing = isFailing(lastSnapshotStatus) ? ', and its last snapshot failed' : '';
  return {
    level: 'problem',
    text: `this Redis forgets ${forgotten}: appendonly is no${failing}`,
    // Redis then reads the append-only file, which is not there, and no snapshot.
    remedy:
      'CONFIG SET appendonly yes while it runs, then in its configuration; by a restart with it alone, Redis ' +
      'would begin empty',
  };
}

function flushing({ appendfsync }: RedisFacts): Judgement {
  switch (appendfsync) {
    case undefined:
      return undefined;
    case 'always':
      return { level: 'ok', text: 'an event is on disk before it counts: appendfsync is always' };
    case 'everysec':
      return {
        level: 'note',
        text: 'up to a second of events may be lost at a crash: appendfsync is everysec',
      };
    default:
      return {
        level: 'warning',
        text: `half a minute of events or more may be lost when the machine crashes: appendfsync is ${appendfsync}`,
        remedy: 'set appendfsync everysec or always',
      };
  }
}

function eviction({ maxmemoryPolicy: policy, maxmemory }: RedisFacts): Judgement {
  if (policy === undefined) return undefined;
  if (policy === 'noeviction') {
    return { level: 'ok', text: 'nothing is evicted: maxmemory-policy is noeviction' };
  }
  const remedy = 'set maxmemory-policy noeviction';
  if (policy.startsWith('volatile-')) {
    // Streams never expire; what does (signs of life, schemas) is made again.
    const text = `this Redis drops keys that expire, though no streams, when memory is short: maxmemory-policy is ${policy}`;
    return { level: 'warning', text, remedy };
  }
  const notYet = maxmemory === 0 ? ', as soon as a maxmemory is set' : '';
  return {
    level: 'problem',
    text: `this Redis drops whole streams when memory is short: maxmemory-policy is ${policy}${notYet}`,
    remedy,
  };
}

function role({ role: name }: RedisFacts): Judgement {
  if (name !== 'slave') return undefined;
  return {
    level: 'problem',
    text: 'this is a replica: it takes no writes',
    remedy: 'connect to its primary',
  };
}

function cluster({ isCluster, clusterState, clusterSize }: RedisFacts): Judgement {
  if (!isCluster) return undefined;
  if (isFailing(clusterState)) {
    return {
      level: 'problem',
      text: `this is a Redis Cluster that takes no commands (CLUSTERDOWN): its cluster_state is ${clusterState}`,
      remedy: 'see CLUSTER INFO: each hash slot needs a node',
    };
  }
  if (clusterSize === 1) {
    const text =
      'this is a Redis Cluster of one node: that works as long as no hash slot is moved to another one';
    return {
      level: 'warning',
      text,
      remedy: 'add no node, or connect to a Redis that is no Cluster',
    };
  }
  const nodes = clusterSize === undefined ? 'several nodes' : `${clusterSize} nodes`;
  return {
    level: 'problem',
    text:
      `this is a Redis Cluster of ${nodes}, which is not supported: a process is connected to one of them, and ` +
      'what lies on the others can be neither fired nor read (MOVED)',
    remedy: 'connect to a Redis that is no Cluster',
  };
}

function version({ version: found, valkeyVersion }: RedisFacts): Judgement {
  if (found === undefined) return undefined;
  const name = valkeyVersion === undefined ? `Redis ${found}` : `Valkey ${valkeyVersion}`;
  if (Number(found.split('.')[0]) >= OLDEST_MAJOR) return { level: 'ok', text: name };
  return {
    level: 'problem',
    text: `${name} is too old: it lacks what listeners need`,
    remedy: `use Redis ${OLDEST_MAJOR}.0 or newer, or Valkey`,
  };
}

function replicas({ role: name, replicas: count }: RedisFacts, wanted: number): Judgement {
  if (count === undefined || name === 'slave') return undefined;
  if (count < wanted) {
    const connected = count === 1 ? '1 replica is' : `${count || 'no'} replicas are`;
    const text = `${connected} connected, but min_replicas is ${wanted}: firing fails until that many are`;
    return { level: 'warning', text, remedy: 'connect as many, or lower min_replicas' };
  }
  if (count > 0) return { level: 'ok', text: count === 1 ? '1 replica' : `${count} replicas` };
  return { level: 'note', text: 'no replica: if this machine is lost, so are the events' };
}

function memory({ maxmemory, usedMemory }: RedisFacts): Judgement {
  if (!maxmemory || usedMemory === undefined) return undefined;
  const share = usedMemory / maxmemory;
  if (share <= MEMORY_SHARE) return undefined;
  const text = `${Math.floor(share * 100)} % of maxmemory are used: beyond it Redis refuses events, or drops keys`;
  return { level: 'warning', text, remedy: 'raise maxmemory' };
}

function unknown(facts: RedisFacts): Judgement {
  const needed: Readonly<Record<string, unknown>> = {
    appendonly: facts.appendonly,
    // Without the file it doesn't matter when it is flushed.
    appendfsync: facts.appendonly === false ? '' : facts.appendfsync,
    'maxmemory-policy': facts.maxmemoryPolicy,
    role: facts.role,
    'number of replicas': facts.replicas,
    version: facts.version,
  };
  const missing = Object.keys(needed).filter((name) => needed[name] === undefined);
  if (missing.length === 0) return undefined;
  return { level: 'unknown', text: `unknown, as this Redis does not tell: ${missing.join(', ')}` };
}

function isFailing(status: string | undefined): boolean {
  return status !== undefined && status !== 'ok';
}
