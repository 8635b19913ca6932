/** One attempt whose time is limited. */
export interface LimitedAttempt {
  /** Its time is up. @returns what it fails with. */
  timedOut(): Error;
  /** It is over, whether or not in time. */
  end(): void;
}

/** What share of its time an attempt may have taken when its timer is set, and still be given all of it. */
const NEGLIGIBLE = 0.01;

/**
 * The time limit of the attempts of one listener. They come one at a time: one timer serves them all, and
 * an attempt that waits for nothing needs none.
 */
export class Deadline {
  private timer?: NodeJS.Timeout;
  /** What the timer was set to. */
  private timerMs = 0;
  private beganAt = 0;
  private ring: () => void = nobody;

  /** @param ms how long an attempt may take. */
  constructor(private readonly ms: number) {}

  /** An attempt begins: what it does before it waits for something takes of its time, too. */
  begin(): void {
    this.beganAt = performance.now();
  }

  /** Settles as `running` does, unless its time is up before. */
  limit(running: Promise<void>, attempt: LimitedAttempt): Promise<void> {
    return new Promise((resolve, reject) => {
      const ring = () => {
        reject(attempt.timedOut());
        end();
      };
      const end = () => {
        attempt.end();
        // Of one that ends too late, the next one's time goes on.
        if (this.ring !== ring) return;
        this.ring = nobody;
        // It may ring once more, for nobody: it must not keep the process alive until then.
        this.timer?.unref();
      };
      this.ring = ring;
      this.startTimer();
      running.then(end, end);
      running.then(resolve, reject);
    });
  }

  private startTimer(): void {
    const spentMs = performance.now() - this.beganAt;
    const leftMs = Math.max(0, Math.ceil(this.ms - spentMs));
    const ms = spentMs > this.ms * NEGLIGIBLE ? leftMs : this.ms;
    if (this.timer && this.timerMs === ms) {
      this.timer.refresh().ref();
      return;
    }
    clearTimeout(this.timer);
    this.timerMs = ms;
    this.timer = setTimeout(() => this.ring(), ms);
  }
}

function nobody(): void {
  // No attempt is under way.
}
