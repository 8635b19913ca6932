import { clock } from '../../timing/clock.js';
import { inBackground } from '../../timing/background.js';
import type { Holder } from '../../store/consumer-groups.js';
import type { EventStore } from '../../store/event-store.js';

/**
 * The lease of a process name: how long it stays taken after its holder's last sign of life, ms: a process that was
 * killed can start again under its name after that. Not before, on the same host neither: a process
 * that can't be seen may live in another container of the same host name.
 */
export const LEASE_MS = 3_000;

/** Whatever has to be done again and again while this process lives. */
export interface Periodic {
  /** How often, ms. */
  readonly periodMs: number;
  /** Does what is due. Must not wait. */
  tick(): void;
  /** {@link tick} threw, or this process could not show that it lives. Goes on. */
  troubled(error: unknown): void;
}

/**
 * This process, towards one store: it shows that it lives, once a second, however many listeners it has,
 * so that nobody takes over the names that it holds; and lets others do what they do regularly.
 */
export class Presence {
  private readonly members = new Set<Periodic>();
  private timer?: NodeJS.Timeout;
  private periodMs = 0;
  private sureUntil = -Infinity;
  private beatAt = -Infinity;
  private beating?: Promise<void>;
  private lapseCount = 0;

  constructor(
    private readonly store: Pick<EventStore, 'beat'>,
    readonly holder: Holder,
  ) {}

  /** From now on `member` is called regularly. Resolves once this process has shown that it lives. */
  async join(member: Periodic): Promise<void> {
    this.members.add(member);
    this.schedule();
    if (!this.isSure) await this.beat();
  }

  /** `member` is not called any more. */
  leave(member: Periodic): void {
    this.members.delete(member);
    this.schedule();
  }

  /**
   * Whether nobody can have taken over a name of ours. Not so once this process has stood still for a
   * while, or could not reach the store.
   */
  get isSure(): boolean {
    return clock.now() < this.sureUntil;
  }

  /**
   * How often this process had given no sign of life for so long, or it was lost, that names may have been taken
   * over. Where that has changed, whoever has a name asks whether it still has.
   */
  get lapses(): number {
    return this.lapseCount;
  }

  /** Shows that this process lives. @throws TransportError */
  beat(): Promise<void> {
    this.beating ??= this.sendBeat().finally(() => (this.beating = undefined));
    return this.beating;
  }

  private async sendBeat(): Promise<void> {
    const asked = (this.beatAt = clock.now());
    const wasKnown = await this.store.beat(this.holder, LEASE_MS);
    // The last one may have been over when this one arrived, or be gone before its time.
    if (!this.isSure || !wasKnown) this.lapseCount++;
    this.sureUntil = asked + LEASE_MS;
  }

  private schedule(): void {
    const periods = [...this.members].map((one) => one.periodMs);
    const periodMs = Math.max(10, Math.min(LEASE_MS / 3, ...periods));
    const isNeeded = this.members.size > 0;
    // One that starts anew each time that somebody comes or goes might never be over.
    if (isNeeded && this.timer && periodMs === this.periodMs) return;
    clearInterval(this.timer);
    this.periodMs = periodMs;
    const tick = () =>
      inBackground(
        () => this.tick(periodMs),
        (error) => this.troubled(error),
      );
    this.timer = isNeeded ? setInterval(tick, periodMs).unref() : undefined;
  }

  private async tick(periodMs: number): Promise<void> {
    for (const member of [...this.members]) {
      inBackground(
        async () => member.tick(),
        (error) => member.troubled(error),
      );
    }
    // One that is a little early must not leave it to the next.
    if (clock.now() - this.beatAt >= LEASE_MS / 3 - periodMs / 2) await this.beat();
  }

  private troubled(error: unknown): void {
    for (const member of [...this.members]) member.troubled(error);
  }
}
