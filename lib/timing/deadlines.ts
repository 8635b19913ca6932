/** What has only so much time; see {@link Deadlines}. */
export abstract class Expiring {
  private readonly deadline: number;
  /** Those that are watched beside it. */
  before: Expiring | undefined = undefined;
  after: Expiring | undefined = undefined;

  /** @param timeoutMs how much time it has from now on. */
  constructor(readonly timeoutMs: number) {
    this.deadline = performance.now() + timeoutMs;
  }

  /**
   * How much is left, ms; negative where its time was up before. As timers count it, not as `clock` does: where a
   * system's clock is set forward, nobody has waited in vain.
   */
  get leftMs(): number {
    return this.deadline - performance.now();
  }

  /** Its time is up. */
  abstract expire(): void;
}

/**
 * Watches over any number of calls with one timer for all that have the same time: as they end in the order in
 * which they began, it is set for the oldest. It keeps no process alive: what the calls wait for does.
 */
export class Deadlines {
  private readonly queues = new Map<number, Queue>();

  /** How many are watched. */
  get size(): number {
    let size = 0;
    for (const queue of this.queues.values()) size += queue.size;
    return size;
  }

  /** From now on it is watched. */
  add(one: Expiring): void {
    const { timeoutMs } = one;
    let queue = this.queues.get(timeoutMs);
    if (!queue) this.queues.set(timeoutMs, (queue = new Queue()));
    queue.add(one);
  }

  /** It has ended in time. Idempotent. */
  delete(one: Expiring): void {
    this.queues.get(one.timeoutMs)?.delete(one);
  }
}

/**
 * Linked by hand: a `Set` of which young objects come and go leaves tables behind that keep them alive until
 * the next full garbage collection, which cost as much as all the rest of an event.
 */
class Queue {
  size = 0;
  private oldest?: Expiring;
  private newest?: Expiring;
  private isWatching = false;

  add(one: Expiring): void {
    one.before = this.newest;
    if (this.newest) this.newest.after = one;
    else this.oldest = one;
    this.newest = one;
    this.size++;
    // Calls that end in time change nothing: the timer finds out, once for all of them.
    if (!this.isWatching) this.watch(one.timeoutMs);
  }

  delete(one: Expiring): void {
    const { before, after } = one;
    if (!before && this.oldest !== one) return;
    if (before) before.after = after;
    else this.oldest = after;
    if (after) after.before = before;
    else this.newest = before;
    one.before = one.after = undefined;
    this.size--;
  }

  private watch(ms: number): void {
    this.isWatching = true;
    setTimeout(() => this.check(), ms).unref();
  }

  private check(): void {
    this.isWatching = false;
    for (let one = this.oldest; one; one = this.oldest) {
      const { leftMs } = one;
      if (leftMs > 0) {
        this.watch(leftMs);
        return;
      }
      this.delete(one);
      one.expire();
    }
  }
}
