import type { Socket } from 'node:net';

/** How often it is looked whether anything has come, while an answer is due. */
const LOOKS = 10;

/**
 * Ends a connection from which nothing has come for too long though an answer is due. One timer while something is due,
 * however much is sent: the `socketTimeout` of ioredis, which does the same, sets and clears one for each round trip.
 */
export class Silence {
  private timer?: NodeJS.Timeout;

  /**
   * @param afterMs how long is too long; at most a tenth more, as it is looked at so often.
   * @param isDue whether an answer is due.
   * @param goesOn whether something is sent soon of which nobody tells.
   */
  constructor(
    private readonly afterMs: number,
    private readonly isDue: () => boolean,
    private readonly goesOn: () => boolean,
  ) {}

  /** To be called when something was sent. */
  watch(stream: Socket): void {
    this.timer ??= this.start(stream);
  }

  /** The connection has ended. */
  end(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private start(stream: Socket): NodeJS.Timeout {
    let [heard, silentLooks] = [stream.bytesRead, 0];
    const look = () => {
      const isDue = this.isDue();
      if (!isDue || stream.bytesRead !== heard) [heard, silentLooks] = [stream.bytesRead, 0];
      else silentLooks++;
      const isSilent = silentLooks >= LOOKS;
      if (isSilent) {
        const text = `No answer has come for ${this.afterMs} ms, and nothing else`;
        stream.destroy(new Error(text));
      }
      if (isSilent || !(isDue || this.goesOn())) this.end();
    };
    return setInterval(look, this.afterMs / LOOKS).unref();
  }
}
