import { clock } from './clock.js';

/** What has only so much time. */
export interface Expiring {
  /** How much it had when it began, ms. */
  readonly timeoutMs: number;
  /** When it will be up, by `clock`. */
  readonly deadline: number;
  /** It is up. */
  expire(): void;
}

/**
 * Watches over any number of calls with one timer for all that have the same time: as they end in the order in
 * which they began, it is set for the oldest. It keeps no process alive: what the calls wait for does.
 */
export class Deadlines {
  private readonly queues = new Map<number, Queue>();

  /** From now on its time runs. */
  add(one: Expiring): void {
    const { timeoutMs } = one;
    let queue = this.queues.get(timeoutMs);
    if (!queue) this.queues.set(timeoutMs, (queue = new Queue()));
    queue.add(one);
  }

  /** It has ended in time. Nothing happens where it was not watched. */
  delete(one: Expiring): void {
    this.queues.get(one.timeoutMs)?.waiting.delete(one);
  }
}

class Queue {
  /** The oldest first. */
  readonly waiting = new Set<Expiring>();
  private isWatching = false;

  add(one: Expiring): void {
    this.waiting.add(one);
    if (!this.isWatching) this.watch(one.timeoutMs);
  }

  // Nothing is done where calls end in time: the timer finds out, once for all of them.
  private watch(ms: number): void {
    this.isWatching = true;
    setTimeout(() => this.check(), ms).unref();
  }

  private check(): void {
    this.isWatching = false;
    const now = clock.now();
    for (const one of this.waiting) {
      if (one.deadline > now) {
        this.watch(one.deadline - now);
        return;
      }
      this.waiting.delete(one);
      one.expire();
    }
  }
}
