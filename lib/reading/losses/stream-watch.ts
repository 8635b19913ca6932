import { clock } from '../../timing/clock.js';
import type { EventStore } from '../../store/event-store.js';
import type { StreamFacts } from '../../store/group-state.js';
import type { Periodic, Presence } from '../membership/presence.js';

/** How often a stream is looked at, ms. Finds what a bell has missed, and what has vanished. */
const LOOK_MS = 5_000;

/** Who wants to know what a stream looks like. */
export interface Observer {
  readonly group: string;
  /** `null`: the stream is gone. Must not throw. */
  observe(facts: StreamFacts | null): void;
  /** The look failed. */
  unobserved(error: unknown): void;
}

/** Looks at one stream from time to time, for all readers of this process that read it: one call for all. */
export class StreamWatch implements Periodic {
  readonly periodMs: number;
  private readonly observers = new Set<Observer>();
  private lookedAt = -Infinity;
  private looking = false;

  /** @param intervalMs no more than so many ms pass between two looks. */
  constructor(
    private readonly store: Pick<EventStore, 'look'>,
    private readonly stream: string,
    private readonly presence: Presence,
    intervalMs: number,
  ) {
    this.periodMs = Math.min(LOOK_MS, intervalMs);
  }

  /** From now on the observer is told. */
  async join(observer: Observer): Promise<void> {
    const isFirst = this.observers.size === 0;
    this.observers.add(observer);
    if (!isFirst) return;
    this.lookedAt = clock.now();
    await this.presence.join(this);
  }

  /** The observer is not told any more. */
  leave(observer: Observer): void {
    this.observers.delete(observer);
    if (this.observers.size === 0) this.presence.leave(this);
  }

  tick(): void {
    if (this.looking || clock.now() - this.lookedAt < this.periodMs * 0.9) return;
    void this.look();
  }

  private async look(): Promise<void> {
    this.looking = true;
    this.lookedAt = clock.now();
    const observers = [...this.observers];
    try {
      const groups = observers.map(({ group }) => group);
      const facts = await this.store.look(this.stream, groups);
      for (const observer of observers) observer.observe(facts);
    } catch (error) {
      for (const observer of observers) observer.unobserved(error);
    } finally {
      this.looking = false;
    }
  }
}
