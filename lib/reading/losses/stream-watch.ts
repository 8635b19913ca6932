import { clock } from '../../timing/clock.js';
import { inBackground } from '../../timing/background.js';
import type { EventStore } from '../../store/event-store.js';
import type { StreamFacts } from '../../store/group-state.js';
import type { Periodic, Presence } from '../membership/presence.js';

/** How often a stream is looked at, ms. Finds what a bell has missed, and what has vanished. */
const LOOK_MS = 5_000;

/** Who wants to know what a stream looks like. */
export interface Observer {
  readonly group: string;
  /** `null`: the stream is gone. */
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
    if (this.observers.size === 0) this.lookedAt = clock.now();
    this.observers.add(observer);
    await this.presence.join(this);
  }

  /** The observer is not told any more. */
  leave(observer: Observer): void {
    this.observers.delete(observer);
    if (this.observers.size === 0) this.presence.leave(this);
  }

  tick(): void {
    if (this.looking || clock.now() - this.lookedAt < this.periodMs * 0.9) return;
    this.lookedAt = clock.now();
    this.looking = true;
    inBackground(
      () => this.look().finally(() => (this.looking = false)),
      (error) => this.troubled(error),
    );
  }

  /** See `Periodic.troubled`. */
  troubled(error: unknown): void {
    for (const observer of [...this.observers]) observer.unobserved(error);
  }

  private async look(): Promise<void> {
    const observers = [...this.observers];
    const groups = observers.map(({ group }) => group);
    const facts = await this.store.look(this.stream, groups);
    for (const observer of observers) {
      inBackground(
        async () => observer.observe(facts),
        (error) => observer.unobserved(error),
      );
    }
  }
}
