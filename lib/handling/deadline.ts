/** One attempt whose time is limited. */
export interface LimitedAttempt {
  /** Its time is up. @returns what it fails with. */
  timedOut(): Error;
  /** It is over, whether or not in time. */
  end(): void;
}

/**
 * The time limit of the attempts of one listener. They come one at a time: one timer serves them all, and
 * an attempt that waits for nothing needs none.
 */
export class Deadline {
  private timer?: NodeJS.Timeout;
  private ring: () => void = nobody;

  /** @param ms how long an attempt may take. */
  constructor(private readonly ms: number) {}

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
      if (this.timer) this.timer.refresh().ref();
      else this.timer = setTimeout(() => this.ring(), this.ms);
      running.then(end, end);
      running.then(resolve, reject);
    });
  }
}

function nobody(): void {
  // No attempt is under way.
}
