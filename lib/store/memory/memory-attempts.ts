import { clock } from '../../timing/clock.js';
import type { PendingEntry } from '../consumer-groups.js';
import type { FailingEntry, FailureNote } from '../inspection.js';

/** Milliseconds since the epoch. */
interface Attempts {
  readonly count: number;
  /** When the first one failed. */
  readonly first: number;
  /** When the latest one failed or began. */
  readonly latest: number;
  /** What the latest one failed with; `of` how many. */
  readonly failure?: FailureNote & { readonly of: number; readonly at: number };
}

/** Attempts to handle the entries of one group in memory, by the entries' positions. */
export class MemoryAttempts {
  private readonly known = new Map<bigint, Attempts>();

  /** @param now the store's clock, milliseconds since the epoch. */
  constructor(private readonly now: () => number) {}

  /** So many have failed; the latest one did, or the next one begins, now. */
  record(position: bigint, count: number, note?: FailureNote): void {
    const latest = this.now();
    const known = this.known.get(position);
    const failure = note ? { ...note, of: count, at: latest } : known?.failure;
    this.known.set(position, { count, latest, first: known?.first ?? latest, failure });
  }

  /** One that another process has begun. @returns how many there are. */
  count(position: bigint): number {
    const now = this.now();
    const { count, ...times } = this.known.get(position) ?? { count: 0, first: now, latest: now };
    this.known.set(position, { ...times, count: count + 1 });
    return count + 1;
  }

  /** Those of an entry that is dealt with. */
  forget(position: bigint): void {
    this.known.delete(position);
  }

  /** What whoever is given the entry is told of them. */
  of(position: bigint): Pick<PendingEntry, 'attempts' | 'hasFailed' | 'times'> {
    const known = this.known.get(position);
    if (!known) return { attempts: 0 };
    const failingMs = Math.max(0, this.now() - known.first);
    const triedForMs = Math.max(0, known.latest - known.first);
    const failingSince = clock.now() - failingMs;
    const hasFailed = known.failure?.of === known.count;
    const attempts = { attempts: known.count, ...(hasFailed && { hasFailed }) };
    return { ...attempts, times: { failingSince, triedForMs } };
  }

  /** What operators see of those that have failed. */
  failureOf(position: bigint): Omit<FailingEntry, 'nativeId' | 'consumer'> | undefined {
    const { failure, count, first } = this.known.get(position) ?? {};
    if (!failure || first === undefined) return undefined;
    const { eventName, error, nextInMs, at } = failure;
    return {
      ...(eventName !== undefined && { eventName }),
      ...{ since: new Date(first), attempts: count ?? 0, error },
      nextTryAt: nextInMs === null ? null : new Date(at + nextInMs),
    };
  }
}
