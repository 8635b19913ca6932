import { formatEntryId } from '../../wire/entry-id.js';
import type { Holder } from '../consumer-groups.js';
import type { ConsumerDetails, FailingEntry, GroupDetails, PendingDetails } from '../inspection.js';
import type { MemoryAttempts } from './memory-attempts.js';

/** Holds what was handed back or driven again, until somebody claims it. */
export const NOBODY = 'nobody';

/** Where a pending entry of a group in memory is. */
export interface Delivery {
  consumer: string;
  /** When it was last handed to its consumer or kept alive, milliseconds since the epoch. */
  at: number;
  /** Since when it has been with this consumer, milliseconds since the epoch. */
  since: number;
  count: number;
}

type Pending = readonly [position: bigint, delivery: Readonly<Delivery>];

/** What is known of a group in memory. */
interface GroupContents {
  readonly lastDeliveredId: string;
  readonly ahead: number;
  /** Oldest first. */
  readonly pending: readonly Pending[];
  readonly attempts: MemoryAttempts;
  /** When consumers gave their latest signs of life, milliseconds since the epoch. */
  readonly seen: ReadonlyMap<string, number>;
  readonly holders: ReadonlyMap<string, Holder>;
  /** For how long the process of a token counts as alive, ms. */
  readonly leaseOf: (token: string) => number | null;
}

/** What a group in memory says of itself; of its dead letters it knows nothing. */
export type InspectedGroup = Omit<GroupDetails, 'name' | 'deadLetters' | 'oldestDeadLetterAt'>;

/** What operators see of a group in memory. @param now milliseconds since the epoch. */
export function inspectGroup(contents: GroupContents, now: number): InspectedGroup {
  const { lastDeliveredId, ahead, pending, attempts, holders } = contents;
  const names = new Set([...holders.keys(), ...pending.map(([, { consumer }]) => consumer)]);
  names.delete(NOBODY);
  return {
    ...{ lastDeliveredId, pending: pending.length },
    unclaimed: pending.filter(([, { consumer }]) => consumer === NOBODY).length,
    undelivered: { count: ahead, isAtLeast: false },
    oldestPending: toPending(pending[0], now),
    failures: pending.flatMap((one) => toFailure(one, attempts) ?? []),
    // What vanishes with this process, nobody is told of.
    lost: null,
    consumers: [...names].map((name) => toConsumer(name, contents, now)),
  };
}

function toPending(oldest: Pending | undefined, now: number): PendingDetails | null {
  if (!oldest) return null;
  const [position, { consumer, since, count }] = oldest;
  return {
    ...{ nativeId: formatEntryId(position), consumer: ownerOf(consumer), deliveryCount: count },
    pendingMs: Math.max(0, now - since),
  };
}

function toFailure(
  [position, { consumer }]: Pending,
  attempts: MemoryAttempts,
): FailingEntry | undefined {
  const failure = attempts.failureOf(position);
  const entry = { nativeId: formatEntryId(position), consumer: ownerOf(consumer) };
  return failure && { ...entry, ...failure };
}

function toConsumer(
  name: string,
  { pending, seen, holders, leaseOf }: GroupContents,
  now: number,
): ConsumerDetails {
  const holder = holders.get(name);
  const own = pending.filter(([, { consumer }]) => consumer === name);
  const idleMs = Math.max(0, now - (seen.get(name) ?? now));
  if (!holder) return { name, pending: own.length, idleMs, worker: null };
  const { host, pid, since, token } = holder;
  const worker = { host, pid, since, leaseMs: leaseOf(token) };
  return { name, pending: own.length, idleMs, worker };
}

function ownerOf(consumer: string): string | null {
  return consumer === NOBODY ? null : consumer;
}
