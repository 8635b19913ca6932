import { inspect } from 'node:util';
import { ConfigurationError } from '../errors.js';
import { printable } from '../wire/printable.js';
import type { ListenerState } from '../lifecycle/listener-consumer.js';
import type { GroupDetails } from '../store/inspection.js';

/** From when on a listener counts as degraded. */
export interface HealthThresholds {
  /** It has failed to handle an event, or to read, for more than so long, ms. @default 60,000 */
  readonly failingForMs?: number;
  /** More than so many entries are before it or in its hands. @default no limit; counting them may take reading them */
  readonly lag?: number;
  /** An event has been in a worker's hands, or waits for a worker, for more than so long, ms. @default 300,000 */
  readonly oldestPendingMs?: number;
  /** It has more dead letters than that. @default 0 */
  readonly deadLetters?: number;
}

/** Where nothing else is said. */
export const DEFAULT_THRESHOLDS: Required<HealthThresholds> = {
  failingForMs: 60_000,
  lag: Infinity,
  oldestPendingMs: 300_000,
  deadLetters: 0,
};

/** How one listener fares: in this process, and its consumer groups on all its streams. */
export interface ListenerHealth extends Pick<ListenerState, 'status' | 'failing' | 'handling'> {
  /** Entries that were delivered and are not acknowledged; `null` where Redis could not be asked. */
  readonly pending: number | null;
  /** Entries that were delivered to nobody yet; `null` where that isn't known, and where no threshold asks for it. */
  readonly undelivered: number | null;
  /** For how long the longest of them has been pending, ms; `null`: none is, or Redis does not tell. */
  readonly oldestPendingMs: number | null;
  readonly deadLetters: number | null;
}

/** A listener, as this process and its groups say; `undefined` for groups that could not be looked at. */
export function toListenerHealth(
  { status, failing, handling }: ListenerState,
  groups: readonly GroupDetails[] | undefined,
  isCounted: boolean,
): ListenerHealth {
  const own = { status, failing, handling };
  if (!groups)
    return { ...own, pending: null, undelivered: null, oldestPendingMs: null, deadLetters: null };
  const undelivered = groups.map((group) => group.undelivered?.count ?? null);
  return {
    ...own,
    pending: sum(groups.map(({ pending }) => pending)),
    undelivered: isCounted && !undelivered.includes(null) ? sum(undelivered) : null,
    oldestPendingMs: greatest(groups.map((group) => group.oldestPending?.pendingMs ?? null)),
    deadLetters: sum(groups.map(({ deadLetters }) => deadLetters)),
  };
}

/**
 * Why a listener counts as degraded, in words. What handlers failed with is not among them: it may quote personal
 * data, and health is often told to anybody.
 */
export function judgeListener(
  name: string,
  health: ListenerHealth,
  groups: readonly GroupDetails[],
  thresholds: Required<HealthThresholds>,
): string[] {
  return [
    ...judgeFailing(health, groups, thresholds),
    ...judgeQueue(health, thresholds),
    ...judgeHandling(health, thresholds),
  ].map((what) => `listener '${name}' ${what}`);
}

function judgeFailing(
  { failing }: ListenerHealth,
  groups: readonly GroupDetails[],
  { failingForMs }: Required<HealthThresholds>,
): string[] {
  const isLong = (since: Date) => ageOf(since) > failingForMs;
  const own = failing?.event?.nativeId;
  const others = groups
    .flatMap(({ failures }) => failures)
    .filter(({ nativeId, since }) => nativeId !== own && isLong(since))
    .map(({ nativeId, eventName = 'event', since, attempts, nextTryAt }) => {
      return `fails ${describe(`${eventName} ${nativeId}`, since, attempts, nextTryAt)}`;
    });
  if (!failing || !isLong(failing.since)) return others;
  const { event, since, attempt, nextTryAt } = failing;
  const what = event ? `${event.eventName ?? 'event'} ${event.nativeId}` : 'reading';
  return [`fails ${describe(what, since, attempt, nextTryAt)}`, ...others];
}

function describe(what: string, since: Date, attempts: number, nextTryAt: Date | null): string {
  const next = nextTryAt ? `next try at ${nextTryAt.toISOString()}` : 'no further try is planned';
  return `at ${what} since ${since.toISOString()}, attempts: ${attempts}, ${next}`;
}

function judgeQueue(
  { pending, undelivered, oldestPendingMs, deadLetters }: ListenerHealth,
  thresholds: Required<HealthThresholds>,
): string[] {
  const lag = (pending ?? 0) + (undelivered ?? 0);
  return [
    ...(lag > thresholds.lag ? [`lags: ${lag} events are before it or in hand`] : []),
    ...((oldestPendingMs ?? 0) > thresholds.oldestPendingMs
      ? [`has had an event pending for ${seconds(oldestPendingMs ?? 0)}`]
      : []),
    ...((deadLetters ?? 0) > thresholds.deadLetters
      ? [`has dead letters: ${deadLetters ?? 0}`]
      : []),
  ];
}

function judgeHandling(
  { handling }: ListenerHealth,
  { oldestPendingMs }: Required<HealthThresholds>,
): string[] {
  if (!handling || ageOf(handling.since) <= oldestPendingMs) return [];
  const { eventName = 'event', nativeId, since } = handling;
  return [
    `has been handling ${eventName} ${nativeId} for ${seconds(ageOf(since))}, and has not returned`,
  ];
}

function ageOf(since: Date): number {
  return new Date().getTime() - since.getTime();
}

function seconds(ms: number): string {
  return `${Math.floor(ms / 1000)} s`;
}

function sum(numbers: readonly (number | null)[]): number {
  return numbers.reduce<number>((total, number) => total + (number ?? 0), 0);
}

function greatest(numbers: readonly (number | null)[]): number | null {
  return numbers.reduce((a, b) => (b === null || (a !== null && a > b) ? a : b), null);
}

/** @throws ConfigurationError */
export function checkThresholds(thresholds: HealthThresholds): void {
  for (const [name, value] of Object.entries(thresholds) as [string, unknown][]) {
    const isKnown = Object.hasOwn(DEFAULT_THRESHOLDS, name);
    if (isKnown && (value === undefined || (typeof value === 'number' && value >= 0))) continue;
    const names = Object.keys(DEFAULT_THRESHOLDS).join(', ');
    throw new ConfigurationError(
      isKnown
        ? `The health threshold '${name}' must be a number from 0, or Infinity, not ${inspect(value)}.`
        : `There is no health threshold '${printable(name)}'. There are: ${names}.`,
    );
  }
}
