import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Time as it really passes, whatever a test has put in the place of `Date`, `performance` and the timers.
 * Taken from Node's modules when this one is loaded: fake clocks replace what is global, later.
 */
export const realTime: {
  /** Elapsed time, ms. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
} = { now: performance.now.bind(performance), sleep };

/** How long a timer that is due at once may take to fire, ms: fake clocks that go on by themselves do so in steps. */
const PATIENCE_MS = 100;

/**
 * Which of Node's ways to do something later do nothing now, as a fake clock stands in their place. By trying:
 * fake clocks of all makers are found, and those that go on by themselves are none.
 */
export async function stoppedTimers(): Promise<string[]> {
  const stopped = new Set(['setTimeout', 'setInterval', 'queueMicrotask', 'process.nextTick']);
  const timeout = setTimeout(() => stopped.delete('setTimeout'), 1);
  const interval = setInterval(() => stopped.delete('setInterval'), 1);
  queueMicrotask(() => stopped.delete('queueMicrotask'));
  process.nextTick(() => stopped.delete('process.nextTick'));
  await realTime.sleep(PATIENCE_MS);
  clearTimeout(timeout);
  clearInterval(interval);
  return [...stopped];
}
