import { counted, shorten } from './format.js';
import type { ListenerFacts } from './models.js';

/** How long a consumer that tells nothing of its process counts as there after it has asked for events, ms. */
const RECENT_MS = 60_000;

/** How many processes read it, as far as can be known. */
export function workersOf({ consumers }: ListenerFacts): number {
  return consumers.filter(isThere).length;
}

/** Whether it is there: it holds its lease, or has asked for events just now. */
export function isThere({ worker, idleMs }: ListenerFacts['consumers'][number]): boolean {
  return worker?.alive ?? idleMs < RECENT_MS;
}

/** What an event that is not done holds up. */
export function whatWaits(facts: ListenerFacts): string {
  const others = workersOf(facts) - 1;
  return others > 0
    ? `Its worker handles nothing else until it succeeds; ${counted(others, 'other worker')} may go on.`
    : 'Nothing behind it is handled until it succeeds.';
}

/** A consumer's name, and its process where that is known: the one to look at, or to restart. */
export function whereIs({ name, worker }: ListenerFacts['consumers'][number]): string {
  const consumer = shorten(name, 60);
  return worker ? `${consumer} (process ${worker.pid} on ${shorten(worker.host, 60)})` : consumer;
}
