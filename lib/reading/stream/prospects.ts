import type { StreamNews } from '../../store/event-store.js';
import { clock } from '../../timing/clock.js';

/** What a reader may find if it asks, as far as it has been told. */
export class Prospects {
  private nextClaimAt = 0;
  private claimsAgain = false;
  private dry = false;
  private told = false;

  /** @param claimIntervalMs between two looks for timed-out entries. */
  constructor(private readonly claimIntervalMs: number) {}

  /** The stream tells something. */
  hear(news: StreamNews | 'sent'): void {
    if (news === 'handed_back') {
      this.nextClaimAt = 0;
      this.claimsAgain = true;
    } else {
      this.told = true;
      this.dry = false;
    }
  }

  /** The last read found nothing, and nothing was told since it began. */
  get isDry(): boolean {
    return this.dry;
  }

  /** There may be something, whatever was found before. */
  startAgain(): void {
    this.dry = false;
  }

  /** A read of new entries begins. */
  readBegins(): void {
    this.told = false;
  }

  /** A read of new entries is over. */
  readEnded(foundNothing: boolean): void {
    this.dry = foundNothing && !this.told;
  }

  /** A look for timed-out entries begins. */
  claimBegins(): void {
    this.claimsAgain = false;
  }

  /** A look for timed-out entries is over: the next one is due after the interval. */
  claimEnded(): void {
    this.nextClaimAt = clock.now() + this.claimIntervalMs;
  }

  /** Whether something may have been handed back since the last look for timed-out entries began. */
  get wantsClaimAgain(): boolean {
    return this.claimsAgain;
  }

  /** Milliseconds until the next look for timed-out entries. */
  get untilClaimMs(): number {
    return Math.max(0, this.nextClaimAt - clock.now());
  }
}
