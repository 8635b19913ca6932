import { CommandRefusedError } from '../../redis/connection-errors.js';
import type { RedisConnections } from '../../redis/connections.js';
import type { RedisClient } from '../../redis/redis-connection.js';
import { entryTime, isEntryId } from '../../wire/entry-id.js';
import type { GroupRef } from '../consumer-groups.js';
import { deadLetterStream } from '../dead-letter.js';
import type { RangeOptions, StoredEntry } from '../entries.js';
import type {
  ConsumerDetails,
  FailingEntry,
  GroupDetails,
  InspectOptions,
  PendingDetails,
  StreamState,
} from '../inspection.js';
import { countUndelivered, type Undelivered } from '../undelivered.js';
import { parseHolder } from './group-replies.js';
import { parseFailures, parseLost, timeIn } from './group-text.js';
import { groupKey, processKey } from './keys.js';
import { isNobody } from './redis-scripts.js';

/** Events that are being tried again are looked for up to here: each costs a command. */
const MOST_FAILURES = 100;

type GroupFields = Readonly<Record<string, string>>;

/** For how long processes count as alive, ms, by their tokens: one often reads for hundreds of groups. */
type Leases = Map<string, Promise<number>>;

/** Looks at streams and groups of one Redis with commands that read only: it makes no group and no consumer. */
export class RedisInspection {
  /** @param now Redis's time, ms. */
  constructor(
    private readonly connections: RedisConnections,
    private readonly now: () => number,
  ) {}

  /** See `Inspectable.inspect`. */
  async inspect(stream: string, options: InspectOptions): Promise<StreamState | null> {
    const [info, memoryBytes, groups] = await Promise.all([
      this.unlessGone(stream, (client) => client.xinfo('STREAM', stream)),
      options.memory ? this.memoryUsage(stream) : null,
      this.unlessGone(stream, (client) => client.xinfo('GROUPS', stream)),
    ]);
    if (!info || !groups) return null;
    const fields = toObject(info as unknown[]);
    const [length, firstId] = [Number(fields.length), idOf(fields['first-entry'])];
    const wanted = options.groups && new Set(options.groups);
    const found = (groups as unknown[][])
      .map(toObject)
      .filter((group) => wanted?.has(String(group.name)) ?? true);
    const undelivered = await countUndelivered(
      (range) => this.range(stream, range),
      { length, firstId, lastGeneratedId: String(fields['last-generated-id']) },
      found.map(lastDeliveredIdOf),
      options.countUpTo,
    );
    const leases: Leases = new Map();
    const details = await Promise.all(
      found.map((group) => {
        const ahead = undelivered.get(lastDeliveredIdOf(group)) ?? null;
        return this.inspectGroup(stream, group, ahead, leases);
      }),
    );
    return {
      ...{ length, firstId, lastId: idOf(fields['last-entry']), memoryBytes },
      groups: details.filter((group) => group !== null),
    };
  }

  /** See `Inspectable.stillPending`. */
  async stillPending({ stream, group }: GroupRef, nativeIds: readonly string[]): Promise<string[]> {
    const found = await Promise.all(
      nativeIds.map((nativeId) => this.pendingAt(stream, group, nativeId)),
    );
    return nativeIds.filter((_, i) => found[i]);
  }

  private async inspectGroup(
    stream: string,
    fields: Record<string, unknown>,
    undelivered: Undelivered | null,
    leases: Leases,
  ): Promise<GroupDetails | null> {
    const group = String(fields.name);
    const state = groupKey({ stream, group });
    const letters = deadLetterStream({ stream, group });
    const [consumers, oldest, known, deadLetters, letter] = await Promise.all([
      this.unlessGone(stream, (client) => client.xinfo('CONSUMERS', stream, group)),
      this.unlessGone(stream, (client) => client.xpending(stream, group, '-', '+', 1)),
      this.run(state, (client) => client.hgetall(state)),
      this.run(letters, (client) => client.xlen(letters)),
      this.run(letters, (client) => client.xrange(letters, '-', '+', 'COUNT', 1)),
    ]);
    if (!consumers || !oldest) return null;
    const all = (consumers as unknown[][]).map(toObject);
    const ours = all.filter(({ name }) => !isNobody(String(name)));
    const [details, failures] = await Promise.all([
      Promise.all(ours.map((consumer) => this.inspectConsumer(consumer, known, leases))),
      this.failuresOf(stream, group, known),
    ]);
    const unclaimed = all.filter((consumer) => !ours.includes(consumer));
    const firstLetter = letter[0]?.[0];
    return {
      ...{ name: group, lastDeliveredId: lastDeliveredIdOf(fields), undelivered, deadLetters },
      pending: Number(fields.pending),
      unclaimed: unclaimed.reduce((sum, { pending }) => sum + Number(pending), 0),
      oldestPending: this.toPending(oldest as RawPending[], known),
      failures,
      oldestDeadLetterAt: firstLetter === undefined ? null : entryTime(firstLetter),
      lost: parseLost(known),
      consumers: details,
    };
  }

  private async inspectConsumer(
    { name, pending, idle }: Record<string, unknown>,
    known: GroupFields,
    leases: Leases,
  ): Promise<ConsumerDetails> {
    const details = { name: String(name), pending: Number(pending), idleMs: Number(idle) };
    const text = known[`holder:${details.name}`];
    if (text === undefined) return { ...details, worker: null };
    const { token, holder } = parseHolder(text);
    const leaseMs = await this.leaseOf(token, leases);
    const { host, pid, since } = holder;
    return { ...details, worker: { host, pid, since, leaseMs: leaseMs > 0 ? leaseMs : null } };
  }

  private leaseOf(token: string, leases: Leases): Promise<number> {
    let lease = leases.get(token);
    if (!lease) {
      const key = processKey(token);
      leases.set(token, (lease = this.run(key, (client) => client.pttl(key))));
    }
    return lease;
  }

  /** Of those that are still pending: an older version of this module leaves what is said of others. */
  private async failuresOf(
    stream: string,
    group: string,
    known: GroupFields,
  ): Promise<FailingEntry[]> {
    const failures = parseFailures(known).slice(0, MOST_FAILURES);
    const found = await Promise.all(
      failures.map(async (failure) => {
        const { nativeId } = failure;
        const one = await this.pendingAt(stream, group, nativeId);
        return one ? [{ ...failure, consumer: isNobody(one[1]) ? null : one[1] }] : [];
      }),
    );
    return found.flat();
  }

  private async pendingAt(
    stream: string,
    group: string,
    nativeId: string,
  ): Promise<RawPending | undefined> {
    const pending = await this.unlessGone(stream, (client) =>
      client.xpending(stream, group, nativeId, nativeId, 1),
    );
    return ((pending ?? []) as RawPending[])[0];
  }

  private toPending([oldest]: readonly RawPending[], known: GroupFields): PendingDetails | null {
    if (!oldest) return null;
    const [nativeId, consumer, idleMs, deliveryCount] = oldest;
    if (isNobody(consumer)) {
      const since = timeIn(known.unclaimed);
      const pendingMs = since === null ? null : Math.max(0, this.now() - since);
      return { nativeId, consumer: null, pendingMs, deliveryCount };
    }
    // Kept alive, it is idle for a moment only.
    const [id, since] = (known[`oldest:${consumer}`] ?? '').split(' ');
    const sinceMs = id === nativeId ? timeIn(since) : null;
    const keptMs = sinceMs === null ? 0 : this.now() - sinceMs;
    return { nativeId, consumer, pendingMs: Math.max(idleMs, keptMs), deliveryCount };
  }

  private async range(stream: string, { start, end, count }: RangeOptions): Promise<StoredEntry[]> {
    const entries = await this.run(stream, (client) =>
      client.xrevrange(stream, end, start, 'COUNT', count),
    );
    return entries.map(([nativeId, fields]) => ({ nativeId, fields }));
  }

  private async memoryUsage(stream: string): Promise<number | null> {
    try {
      return await this.run(stream, (client) => client.memory('USAGE', stream));
    } catch (error) {
      // Managed hosts and ACLs may forbid it.
      if (error instanceof CommandRefusedError) return null;
      throw error;
    }
  }

  private async unlessGone<T>(
    stream: string,
    command: (client: RedisClient) => Promise<T>,
  ): Promise<T | null> {
    try {
      return await this.run(stream, command);
    } catch (error) {
      if (
        error instanceof CommandRefusedError &&
        /^(ERR no such key|NOGROUP)/.test(error.message)
      ) {
        return null;
      }
      throw error;
    }
  }

  private run<T>(key: string, command: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.connections.of(key).run('a while', command);
  }
}

type RawPending = [nativeId: string, consumer: string, idleMs: number, deliveryCount: number];

function toObject(flat: readonly unknown[]): Record<string, unknown> {
  const pairs = flat.flatMap((name, i) => (i % 2 === 0 ? [[String(name), flat[i + 1]]] : []));
  return Object.fromEntries(pairs) as Record<string, unknown>;
}

function lastDeliveredIdOf(group: Record<string, unknown>): string {
  return String(group['last-delivered-id']);
}

function idOf(entry: unknown): string | null {
  return Array.isArray(entry) && isEntryId(String(entry[0])) ? String(entry[0]) : null;
}
