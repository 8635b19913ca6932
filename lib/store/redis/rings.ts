import { inBackground } from '../../timing/background.js';
import type { TellStreamNews } from '../event-store.js';

/** Who listens to which streams in this process. */
export class Rings {
  private readonly listeners = new Map<string, Set<TellStreamNews>>();
  /** Streams that something was sent to in this turn. */
  private sentTo?: Set<string>;

  /** @param failed is told what a listener throws. */
  constructor(private readonly failed: (error: unknown) => void) {}

  /** Streams that somebody listens to. */
  get streams(): string[] {
    return [...this.listeners.keys()];
  }

  /** Whether somebody listens. */
  has(stream: string): boolean {
    return this.listeners.has(stream);
  }

  /** @returns whether nobody has listened to this stream before. */
  add(stream: string, ring: TellStreamNews): boolean {
    const listeners = this.listeners.get(stream);
    if (listeners) listeners.add(ring);
    else this.listeners.set(stream, new Set([ring]));
    return !listeners;
  }

  /** @returns whether nobody listens to this stream any more. */
  delete(stream: string, ring: TellStreamNews): boolean {
    const listeners = this.listeners.get(stream);
    if (!listeners?.delete(ring) || listeners.size > 0) return false;
    return this.listeners.delete(stream);
  }

  /** There is news of a stream. */
  ring(stream: string, news: Parameters<TellStreamNews>[0]): void {
    for (const ring of [...(this.listeners.get(stream) ?? [])]) {
      // Nothing that one of them does must keep the news from the others.
      inBackground(async () => ring(news), this.failed);
    }
  }

  /**
   * This process has just sent an entry to a stream. Who listens is told at the end of the turn, once for all that
   * was sent in it: a read that is sent then leaves in the same write, right behind the entries.
   *
   * @returns whether somebody listens.
   */
  sent(stream: string): boolean {
    if (!this.has(stream)) return false;
    if (!this.sentTo) process.nextTick(() => this.ringSent());
    this.sentTo ??= new Set();
    this.sentTo.add(stream);
    return true;
  }

  private ringSent(): void {
    const { sentTo = [] } = this;
    this.sentTo = undefined;
    for (const stream of sentTo) this.ring(stream, 'sent');
  }
}
