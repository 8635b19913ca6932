import { eventNameOf, idOf } from '../wire/one-field.js';
import { timeOfEventId } from '../wire/event-id.js';
import type { FlatFields } from './entries.js';

/** By how much the server's clock may go back, and the one that takes its place may lag behind it, ms. */
const MARGIN_MS = 10_000;

/** What tells one event from another on its stream: the same id may stand for events of two names. */
export function identityOf(fields: FlatFields): string {
  return `${eventNameOf(fields)} ${idOf(fields)}`;
}

/**
 * The fields of what was found in the place of an entry that was there before; `null` where that is not this
 * event: it is gone, and what is there is something else.
 */
export function foundUnder(entry: FlatFields, found: FlatFields | null): FlatFields | null {
  return found && identityOf(found) === identityOf(entry) ? found : null;
}

/**
 * Whether an entry may be in the stream though it was never stored 'once': its id is one of ours, so
 * that it was first fired without an id. Under an id of the user's own it was stored 'once' from the
 * first try, and remembered.
 */
export function mayBeUnremembered(fields: FlatFields): boolean {
  return timeOfEventId(idOf(fields)) !== undefined;
}

/**
 * Where such entries can begin in the stream, at the earliest: an entry id, milliseconds alone.
 *
 * @param entries at least one, and all {@link mayBeUnremembered}.
 * @param newestMs when the stream's newest entry was stored.
 * @param withinMs how far back from there it goes at most.
 */
export function earliestOf(
  entries: readonly FlatFields[],
  newestMs: bigint,
  withinMs: number,
): string {
  const fired = Math.min(...entries.map((fields) => timeOfEventId(idOf(fields)) ?? 0));
  const bounds = [0n, BigInt(fired - MARGIN_MS), newestMs - BigInt(withinMs)];
  return String(bounds.reduce((a, b) => (a > b ? a : b)));
}
