import type { Socket } from 'node:net';

/** How often it is looked whether anything has come, until a connection is ended. */
const LOOKS = 10;

/**
 * Ends a connection from which nothing has come for too long though an answer is due. One timer, however much is sent: the
 * `socketTimeout` of ioredis, which does the same, sets and clears one for each round trip.
 */
export class Silence {
  private timer?: NodeJS.Timeout;

  /**
   * @param afterMs how long is too long; at most a tenth more, as it is looked at so often.
   * @param isDue whether an answer is due.
   */
  constructor(
    private readonly afterMs: number,
    private readonly isDue: () => boolean,
  ) {}

  /** A connection has begun. */
  watch(stream: Socket): void {
    this.end();
    let [heard, silentLooks] = [stream.bytesRead, 0];
    const look = () => {
      if (!this.isDue() || stream.bytesRead !== heard) [heard, silentLooks] = [stream.bytesRead, 0];
      else silentLooks++;
      // The first one may have come right after what is due was sent.
      if (silentLooks <= LOOKS) return;
      this.end();
      stream.destroy(new Error(`No answer has come for ${this.afterMs} ms, and nothing else`));
    };
    this.timer = setInterval(look, this.afterMs / LOOKS).unref();
  }

  /** It has ended. */
  end(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
