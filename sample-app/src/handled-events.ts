import type { EventMessage } from 'nestjs-lightbus';

const REMEMBERED = 10_000;

/**
 * Events are delivered at least once: after a crash between the effect and the acknowledgement,
 * or a failover of Redis, the same event comes again. A listener whose effect must not be repeated
 * remembers the ids of the events that it has handled.
 *
 * This memory dies with the process. A real listener would store the id in the same database
 * transaction as its effect, or hand it to the next service as an idempotency key.
 */
export class HandledEvents {
  private readonly ids = new Set<string>();

  /** Runs `effect` unless it has succeeded for this event before. */
  async once({ id }: EventMessage<unknown>, effect: () => void | Promise<void>): Promise<void> {
    if (this.ids.has(id)) return;
    await effect();
    // After the effect: one that fails is retried, and must not be taken for done.
    this.ids.add(id);
    const [oldest] = this.ids;
    if (this.ids.size > REMEMBERED && oldest !== undefined) this.ids.delete(oldest);
  }
}
