import { inBackground } from '../timing/background.js';
import type { RedisClient } from './redis-connection.js';

/** After this long the server is asked again, ms: either clock may have been set meanwhile. */
const RENEW_MS = 60_000;

/** By how much this machine may count elapsed time too fast. */
const DRIFT = 0.001;

/** The server's time, as of the last answer to `TIME`. */
export class ServerClock {
  private answer?: { readonly time: number; readonly at: number };
  private asking = false;

  /** Asks as soon as the client is ready, each time: another server may have another time. */
  constructor(private readonly client: Pick<RedisClient, 'time' | 'on'>) {
    client.on('ready', () => this.ask());
    client.on('close', () => (this.answer = undefined));
  }

  /**
   * The server's time, ms since 1970, or a little less, never more; `undefined` while there is no
   * connection, and where the user may not ask.
   */
  now(): number | undefined {
    if (!this.answer) return undefined;
    const elapsed = performance.now() - this.answer.at;
    if (elapsed > RENEW_MS) this.ask();
    return this.answer.time + elapsed * (1 - DRIFT);
  }

  private ask(): void {
    if (this.asking) return;
    this.asking = true;
    inBackground(
      () => this.read(),
      // Where it may not be asked, `now` says that it isn't known.
      () => (this.asking = false),
    );
  }

  private async read(): Promise<void> {
    const [seconds, microseconds] = await this.client.time();
    this.asking = false;
    // Not `clock`, which jumps with a system's clock that is set forward: this one stands still
    // while the machine sleeps, which makes the time that we tell too early, never too late.
    const time = Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
    this.answer = { time, at: performance.now() };
  }
}
