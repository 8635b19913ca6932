import { Socket } from 'node:net';
import { MessageChannel } from 'node:worker_threads';

/**
 * Time as it really passes, whatever a test has put in the place of `Date`, `performance` and the timers,
 * before this module was loaded or later. Fake clocks replace what is global and what `node:timers/promises`
 * and `node:perf_hooks` export; the timers inside of sockets are nobody's.
 */
export const realTime: {
  /** Elapsed time, ms. */
  readonly now: () => number;
  /** @param ms at least 1. */
  readonly sleep: (ms: number) => Promise<void>;
} = { now: () => process.uptime() * 1000, sleep };

function sleep(ms: number): Promise<void> {
  // The timer of a socket lets the process end; an open port doesn't.
  const { port1: port } = new MessageChannel();
  port.ref();
  return new Promise((resolve) => {
    new Socket().setTimeout(ms, () => {
      port.close();
      resolve();
    });
  });
}

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
