import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { startProxy } from '../support/tcp-proxy.js';
import { waitFor } from '../support/wait-for.js';
import { ChaosProcess } from './chaos-process.js';
import { readFacts } from './facts.js';

/** How many processes compete for one entity, and what happens meanwhile. */
export interface Competition {
  readonly processes: number;
  /** Of all processes together. */
  readonly changes: number;
  /** How often Redis is killed and started again. */
  readonly restarts: number;
  readonly onNote?: (text: string) => void;
}

/** What came of it. */
export interface CompetitionOutcome {
  /** What is stored, as the stream tells it. */
  readonly stored: readonly Move[];
  /** What processes were told to be stored. */
  readonly accepted: readonly { by: string; n: number; nativeId: string; sequence: number }[];
  /** In sentences, what must not be. */
  readonly violations: readonly string[];
}

interface Move {
  readonly nativeId: string;
  readonly by: string;
  readonly n: number;
  readonly version: number;
  readonly before: number;
  readonly amount: number;
}

const API = 'bank.accounts';

/** Lets processes decide about one entity, kills Redis meanwhile, and looks at the stream. */
export async function compete(competition: Competition): Promise<CompetitionOutcome> {
  const { processes, changes, restarts, onNote = () => undefined } = competition;
  const redis = await startRedis({ appendonly: true });
  const dir = mkdtempSync(join(tmpdir(), 'competing-'));
  const each = Math.ceil(changes / processes);
  const unexpected: string[] = [];
  const files = await Promise.all(
    Array.from({ length: processes }, (_, i) => start(`decider${i}`, redis, dir, each, unexpected)),
  );
  const facts = () => files.flatMap((file) => readFacts(file));
  const settled = () => facts().filter((fact) => 'accepted' in fact || 'unknown' in fact).length;
  const total = each * processes;
  for (let restart = 1; restart <= restarts; restart++) {
    const until = Math.floor((total * restart) / (restarts + 1));
    await waitFor(() => settled() >= until, { timeoutMs: 600_000, message: `${until} changes` });
    onNote(`${settled()} changes: Redis is killed and started again.`);
    await redis.kill();
    await redis.restart();
  }
  await waitFor(() => settled() >= total, { timeoutMs: 600_000, message: `all ${total} changes` });
  const stored = await readMoves(redis);
  const accepted = facts().flatMap((fact) => (fact.accepted as never) ?? []);
  const unknown = facts().filter((fact) => 'unknown' in fact).length;
  onNote(`${stored.length} stored, ${accepted.length} accepted, ${unknown} unknown.`);
  rmSync(dir, { recursive: true });
  const violations = [...unexpected, ...check(stored, accepted)];
  return { stored, accepted, violations };
}

/** What of a stream of decisions must not be, in sentences. */
export function check(stored: readonly Move[], accepted: CompetitionOutcome['accepted']): string[] {
  const violations: string[] = [];
  let balance = 0;
  const seen = new Set<string>();
  for (const [i, move] of stored.entries()) {
    const what = `The decision ${move.n} of ${move.by} (${move.nativeId})`;
    if (move.version !== i) {
      violations.push(`${what} was made on version ${move.version}, and stored as event ${i + 1}.`);
    }
    if (move.before !== balance) {
      violations.push(`${what} was made on ${move.before}, and the balance was ${balance}.`);
    }
    if (seen.has(`${move.by} ${move.n}`)) violations.push(`${what} is stored twice.`);
    seen.add(`${move.by} ${move.n}`);
    balance += move.amount;
  }
  for (const { by, n, nativeId, sequence } of accepted) {
    const move = stored[sequence - 1];
    if (move?.nativeId !== nativeId || move.by !== by || move.n !== n) {
      violations.push(
        `The decision ${n} of ${by} was accepted as event ${sequence}, and is not there.`,
      );
    }
  }
  return violations;
}

async function start(
  name: string,
  redis: RedisServer,
  dir: string,
  changes: number,
  unexpected: string[],
): Promise<string> {
  const facts = join(dir, `${name}.facts`);
  const network = await startProxy(redis.port);
  const { url } = network;
  const config = { apis: { default: { event_transport: { redis: { url } } } } };
  const settings = { api: API, config, changes };
  new ChaosProcess(
    { script: 'decider.mjs', name, network, facts, output: join(dir, `${name}.log`), settings },
    (message) => {
      if (!message.endsWith('code 0.')) unexpected.push(message);
    },
  );
  return facts;
}

async function readMoves(redis: RedisServer): Promise<Move[]> {
  const entries = await redis.client().xrange(`${API}.*:stream`, '-', '+');
  return entries.map(([nativeId, fields]) => {
    const pairs = new Map<string, string>();
    for (let i = 0; i < fields.length; i += 2) pairs.set(fields[i] ?? '', fields[i + 1] ?? '');
    const read = (name: string) => JSON.parse(pairs.get(`:${name}`) ?? 'null') as never;
    return {
      ...{ nativeId, by: read('by'), n: read('n'), version: read('version') },
      ...{ before: read('before'), amount: read('amount') },
    };
  });
}
