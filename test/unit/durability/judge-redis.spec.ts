import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeVerdict, severityOf } from '../../../lib/durability/durability.js';
import { judge, type RedisFacts } from '../../../lib/durability/judge-redis.js';

const SAFE: RedisFacts = {
  version: '7.0.15',
  role: 'master',
  replicas: 1,
  appendonly: true,
  appendfsync: 'always',
  save: '',
  maxmemoryPolicy: 'noeviction',
  maxmemory: 0,
  usedMemory: 1_000_000,
  lastAppendStatus: 'ok',
  lastSnapshotStatus: 'ok',
};

function verdictOn(changes: Partial<RedisFacts>, minReplicas = 0) {
  return judge({ ...SAFE, ...changes }, minReplicas);
}

describe('judge', () => {
  it('has nothing against a Redis that keeps everything', () => {
    const verdict = verdictOn({});
    expect(verdict.durable).toBe(true);
    expect(verdict.findings.map(({ level }) => level)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(severityOf(verdict)).toBe('log');
    expect(describeVerdict('redis://one', verdict)).toBe(
      'Durability of redis://one: an event is on disk before it counts: appendfsync is always; ' +
        'nothing is evicted: maxmemory-policy is noeviction; Redis 7.0.15; 1 replica.',
    );
  });

  it.each<[string, Partial<RedisFacts>]>([
    ['this Redis forgets everything at a restart: appendonly is no', { appendonly: false }],
    [
      'this Redis forgets everything since its last snapshot at a crash: appendonly is no',
      { appendonly: false, save: '3600 1' },
    ],
    [
      'this Redis forgets everything since its last snapshot at a crash: appendonly is no, and its last snapshot failed',
      { appendonly: false, save: '3600 1', lastSnapshotStatus: 'err' },
    ],
    [
      "this Redis can't write its append-only file: aof_last_write_status is err",
      { lastAppendStatus: 'err' },
    ],
    [
      'this Redis drops whole streams when memory is short: maxmemory-policy is allkeys-lru',
      { maxmemoryPolicy: 'allkeys-lru', maxmemory: 100_000_000 },
    ],
    [
      'this Redis drops whole streams when memory is short: maxmemory-policy is allkeys-random, as soon as a maxmemory is set',
      { maxmemoryPolicy: 'allkeys-random' },
    ],
    ['this is a replica: it takes no writes', { role: 'slave' }],
    [
      'this is a Redis Cluster of 3 nodes, which is not supported: a process is connected to one of them, and ' +
        'what lies on the others can be neither fired nor read (MOVED)',
      { isCluster: true, clusterSize: 3 },
    ],
    [
      'this is a Redis Cluster of several nodes, which is not supported: a process is connected to one of them, and ' +
        'what lies on the others can be neither fired nor read (MOVED)',
      { isCluster: true },
    ],
    [
      'this is a Redis Cluster that takes no commands (CLUSTERDOWN): its cluster_state is fail',
      { isCluster: true, clusterSize: 1, clusterState: 'fail' },
    ],
    ['Redis 5.0.14 is too old: it lacks what listeners need', { version: '5.0.14' }],
    ['Redis 6.2.14 is too old: it lacks what listeners need', { version: '6.2.14' }],
  ])('finds no durability where %s', (text, changes) => {
    const verdict = verdictOn(changes);
    expect(verdict.durable).toBe(false);
    expect(verdict.findings).toContainEqual(expect.objectContaining({ level: 'problem', text }));
    expect(severityOf(verdict)).toBe('error');
  });

  it.each<[string, Partial<RedisFacts>, number]>([
    [
      'half a minute of events or more may be lost when the machine crashes: appendfsync is no',
      { appendfsync: 'no' },
      0,
    ],
    [
      'this Redis drops keys that expire, though no streams, when memory is short: maxmemory-policy is volatile-ttl',
      { maxmemoryPolicy: 'volatile-ttl' },
      0,
    ],
    [
      'no replicas are connected, but min_replicas is 1: firing fails until that many are',
      { replicas: 0 },
      1,
    ],
    [
      '1 replica is connected, but min_replicas is 2: firing fails until that many are',
      { replicas: 1 },
      2,
    ],
    [
      '81 % of maxmemory are used: beyond it Redis refuses events, or drops keys',
      { maxmemory: 1_000_000, usedMemory: 812_000 },
      0,
    ],
  ])('warns: %s', (text, changes, minReplicas) => {
    const verdict = verdictOn(changes, minReplicas);
    expect(verdict.durable).toBe(true);
    expect(verdict.findings).toContainEqual(expect.objectContaining({ level: 'warning', text }));
    expect(severityOf(verdict)).toBe('warn');
  });

  it.each<[string, Partial<RedisFacts>]>([
    [
      'up to a second of events may be lost at a crash: appendfsync is everysec',
      { appendfsync: 'everysec' },
    ],
    ['no replica: if this machine is lost, so are the events', { replicas: 0 }],
    ['unknown, as this Redis does not tell: appendfsync', { appendfsync: undefined }],
  ])('tells, without a warning, as there is nothing to mend: %s', (text, changes) => {
    const verdict = verdictOn(changes);
    expect(severityOf(verdict)).toBe('log');
    expect(describeVerdict('redis://one', verdict)).toBe(`Durability of redis://one: ${text}.`);
  });

  it('warns of nothing, whatever the facts, without saying what to do about it', () => {
    const some = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
    const facts: fc.Arbitrary<RedisFacts> = fc.record({
      version: some('6.2.1', '7.0.15', '8.0.0', 'unstable'),
      valkeyVersion: some('8.1.1'),
      role: some('master', 'slave', 'sentinel'),
      replicas: some(0, 1, 5),
      appendonly: some(true, false),
      appendfsync: some('always', 'everysec', 'no', 'sometimes'),
      save: some('', '3600 1'),
      maxmemoryPolicy: some('noeviction', 'allkeys-lru', 'volatile-ttl', 'other'),
      maxmemory: some(0, 100),
      usedMemory: some(1, 99),
      lastAppendStatus: some('ok', 'err'),
      lastSnapshotStatus: some('ok', 'err'),
      isCluster: some(true, false),
      clusterState: some('ok', 'fail'),
      clusterSize: some(1, 3),
    });
    const told = new Set<string>();
    fc.assert(
      fc.property(facts, fc.constantFrom(0, 1, 3), (known, minReplicas) => {
        const verdict = judge(known, minReplicas);
        const severity = severityOf(verdict);
        told.add(severity);
        const faults = verdict.findings.filter(({ level }) => /problem|warning/.test(level));
        expect(faults.filter(({ remedy }) => !remedy)).toEqual([]);
        expect(severity === 'log').toBe(faults.length === 0);
        const line = describeVerdict('x', verdict);
        for (const { text, remedy } of faults) expect(line).toContain(`${text} (${remedy})`);
      }),
      { numRuns: 1_000 },
    );
    expect(told).toEqual(new Set(['log', 'warn', 'error']));
  });

  it.each(['7.0.0', '7.4.1', '8.0', '10.0.0'])('takes Redis %s', (version) => {
    expect(verdictOn({ version }).findings).toContainEqual({
      level: 'ok',
      text: `Redis ${version}`,
    });
  });

  it('calls Valkey by its own name and version', () => {
    expect(verdictOn({ version: '7.2.4', valkeyVersion: '8.1.1' }).findings).toContainEqual({
      level: 'ok',
      text: 'Valkey 8.1.1',
    });
  });

  it('says what to use instead of a Redis that is too old', () => {
    expect(describeVerdict('x', verdictOn({ version: '6.2.14' }))).toContain(
      '(use Redis 7.0 or newer, or Valkey)',
    );
  });

  it.each([
    ['memory is unlimited', { maxmemory: 0, usedMemory: 8_000_000_000 }],
    ['80 % are used', { maxmemory: 1_000_000, usedMemory: 800_000 }],
  ])('says nothing of memory where %s', (_, changes) => {
    expect(describeVerdict('x', verdictOn(changes))).not.toContain('maxmemory are');
  });

  it('calls unknown what this Redis does not tell, which is no problem', () => {
    const verdict = judge({}, 0);
    expect(verdict).toEqual({
      durable: true,
      findings: [
        {
          level: 'unknown',
          text: 'unknown, as this Redis does not tell: appendonly, appendfsync, maxmemory-policy, role, number of replicas, version',
        },
      ],
    });
    expect(severityOf(verdict)).toBe('log');
  });

  it('does not ask for appendfsync where nothing is appended', () => {
    const told = describeVerdict('x', verdictOn({ appendonly: false, appendfsync: undefined }));
    expect(told).not.toContain('appendfsync');
  });

  it('says nothing of the replicas of a replica', () => {
    expect(describeVerdict('x', verdictOn({ role: 'slave', replicas: 0 }))).not.toContain(
      'no replica:',
    );
  });
});

describe('describeVerdict', () => {
  it('tells what is wrong, the worst first, with what to do about it', () => {
    const verdict = verdictOn({
      appendfsync: undefined,
      maxmemoryPolicy: 'allkeys-lfu',
      maxmemory: 1,
      replicas: 0,
    });
    expect(describeVerdict('redis://one', verdict)).toMatch(
      /^Durability of redis:\/\/one: .*maxmemory-policy is allkeys-lfu \(set maxmemory-policy noeviction\); .*no replica: [^;]*;.*unknown, [^;]*: appendfsync\.$/,
    );
    expect(describeVerdict('redis://one', verdict)).not.toContain('Redis 7.0.15');
  });
});
