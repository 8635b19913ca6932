import { clock } from '../../timing/clock.js';
import { compareEntryIds } from '../../wire/entry-id.js';
import type {
  ClaimedPage,
  ConsumerRef,
  GroupRef,
  Member,
  PendingEntry,
} from '../consumer-groups.js';
import type { FailureNote } from '../inspection.js';
import { formatFailure } from './group-text.js';
import { groupKey } from './keys.js';
import { keysOf, NOBODY, RedisScripts } from './redis-scripts.js';
import * as scripts from './scripts.generated.js';

type RawEntry = [id: string, fields: string[] | null];
type RawPending = [
  ...[id: string, fields: string[] | null, deliveryCount: number, attempts: number],
  failingMs: number | null,
  triedForMs: number | null,
  hasFailed: number,
];

/** What consumers have in hand: reading, taking over, keeping, acknowledging. */
export abstract class RedisPendingEntries extends RedisScripts {
  /** See `ConsumerGroups.readPending`. */
  async readPending(member: Member, after: string, count: number): Promise<PendingEntry[]> {
    const page = await this.ask(scripts.READ_PENDING, member, [after, count]);
    return (page as RawPending[]).map(toPending);
  }

  /** See `ConsumerGroups.claim`. */
  async claim(
    member: Member,
    minIdleMs: number,
    cursor: string,
    count: number,
  ): Promise<ClaimedPage> {
    const reply = await this.ask(scripts.CLAIM, member, [minIdleMs, cursor, count, NOBODY]);
    const [next, entries, stopped] = reply as [string | null, RawPending[], string[][]];
    const interrupted = stopped.map(([owner = '', token = '', nativeId = '']) => ({
      ...{ consumer: owner, token, nativeId },
    }));
    return { next, entries: entries.map(toPending), interrupted };
  }

  /** See `ConsumerGroups.readNew`. */
  readNew({ stream, group, consumer }: ConsumerRef, count: number): Promise<PendingEntry[]> {
    const reading = this.runNow(stream, (client) =>
      client.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, '>'),
    );
    return reading.then((reply) => {
      const [first] = (reply ?? []) as [stream: string, entries: RawEntry[]][];
      const entries = first?.[1] ?? [];
      return entries.map(([nativeId, fields]) => ({
        nativeId,
        fields,
        deliveryCount: 1,
        attempts: 0,
      }));
    });
  }

  /** See `ConsumerGroups.acknowledge`. */
  acknowledge(
    member: Member,
    nativeIds: readonly string[],
    attempted: readonly string[] = [],
  ): Promise<string[]> {
    const args = [attempted.length, ...attempted, ...inOrder(nativeIds)];
    return this.ask(scripts.ACKNOWLEDGE, member, args) as Promise<string[]>;
  }

  /** See `ConsumerGroups.keepAlive`. */
  async keepAlive(
    member: Member,
    nativeIds: readonly string[],
    kept: ReadonlySet<string> = new Set(),
  ): Promise<string[]> {
    const ids = inOrder(nativeIds);
    const marks = ids.map((id) => (kept.has(id) ? '1' : '0')).join('');
    return (await this.ask(scripts.KEEP_ALIVE, member, [...ids, marks])) as string[];
  }

  /** See `ConsumerGroups.recordAttempts`. */
  async recordAttempts(
    member: Member,
    nativeId: string,
    attempts: number,
    waits: boolean,
    failure?: FailureNote,
  ): Promise<void> {
    const note = failure ? [formatFailure(failure), failure.nextInMs ?? ''] : [];
    await this.ask(scripts.RECORD_ATTEMPTS, member, [nativeId, attempts, waits ? 1 : 0, ...note]);
  }

  /** See `ConsumerGroups.interrupted`. */
  async interrupted(ref: GroupRef, consumer: string): Promise<string | null> {
    const args = [ref.group, consumer];
    return (await this.script(scripts.INTERRUPTED, keysOf(ref), args)) as string | null;
  }

  /** See `ConsumerGroups.livesOn`. */
  async livesOn(ref: GroupRef, consumer: string): Promise<void> {
    const state = groupKey(ref);
    await this.run(state, (client) => client.hdel(state, `interrupted:${consumer}`));
  }

  /** See `ConsumerGroups.countAttempt`. */
  async countAttempt(member: Member, nativeId: string): Promise<number> {
    return (await this.ask(scripts.COUNT_ATTEMPT, member, [nativeId])) as number;
  }
}

/** Ascending: Redis's own sorting in Lua takes many times as long. */
function inOrder(nativeIds: readonly string[]): string[] {
  return [...nativeIds].sort(compareEntryIds);
}

function toPending([
  nativeId,
  fields,
  deliveryCount,
  attempts,
  ...times
]: RawPending): PendingEntry {
  const [failingMs, triedForMs, failed] = times;
  const known = failed === 1 ? { attempts, hasFailed: true } : { attempts };
  const entry = { nativeId, fields: fields ?? null, deliveryCount, ...known };
  if (failingMs === null || triedForMs === null) return entry;
  const failingSince = clock.now() - failingMs;
  return { ...entry, times: { failingSince, triedForMs } };
}
