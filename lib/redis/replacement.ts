import { backoffMs } from '../timing/backoff.js';
import { clock } from '../timing/clock.js';

/**
 * When to replace a connection on purpose. After a failover the old primary answers READONLY for ever on
 * the connection that we have. The next one may lead to the new primary; where it does not, it is
 * replaced less and less often.
 */
export class Replacement {
  private count = 0;
  private notBefore = 0;
  private underWay = false;

  /** @param maxDelayMs cap of the growing delay between two replacements. */
  constructor(private readonly maxDelayMs: number) {}

  /** Whether to replace the connection that has brought this error. */
  isDueAfter({ message }: Error): boolean {
    if (!message.startsWith('READONLY')) return false;
    const now = clock.now();
    if (now < this.notBefore) return false;
    if (now > this.notBefore + 2 * this.maxDelayMs) this.count = 0;
    this.notBefore = now + backoffMs(++this.count, 500, this.maxDelayMs);
    this.underWay = true;
    return true;
  }

  /** The replacement is over. @returns whether there was one under way. */
  end(): boolean {
    const { underWay } = this;
    this.underWay = false;
    return underWay;
  }
}
