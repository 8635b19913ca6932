/** How long who tries again waits for a connection, ms; and where the application shuts down. */
const PATIENCE_MS = 5_000;
const HURRIED_MS = 1_000;

/** How long to wait for a connection: ms, or for who tries again a while, which gets shorter where there is hurry. */
export type Patience = number | 'a while';

interface Waiter {
  readonly isPatient: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Whoever waits for a connection that is not there. */
export class ConnectionWaiters {
  private readonly waiting = new Set<Waiter>();
  private patienceMs = PATIENCE_MS;

  /** @param late makes the error of who has waited for `ms` in vain. */
  constructor(private readonly late: (ms: number) => Error) {}

  /**
   * Resolves when there is a connection.
   *
   * @throws what `late` makes; what {@link giveUp} is given.
   */
  async wait(patience: Patience): Promise<void> {
    const isPatient = patience === 'a while';
    const ms = isPatient ? this.patienceMs : patience;
    let timer: NodeJS.Timeout | undefined;
    let waiter: Waiter | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        waiter = { isPatient, resolve, reject };
        this.waiting.add(waiter);
        timer = setTimeout(() => reject(this.late(ms)), ms);
      });
    } finally {
      clearTimeout(timer);
      if (waiter) this.waiting.delete(waiter);
    }
  }

  /** There is a connection. */
  release(): void {
    for (const { resolve } of this.waiting) resolve();
  }

  /** There will be no connection any more. */
  giveUp(error: Error): void {
    for (const { reject } of this.waiting) reject(error);
  }

  /** From now on, a while is a second. Idempotent. */
  hurry(): void {
    if (this.patienceMs === HURRIED_MS) return;
    this.patienceMs = HURRIED_MS;
    const waiting = [...this.waiting].filter(({ isPatient }) => isPatient);
    if (waiting.length === 0) return;
    const end = () => waiting.forEach(({ reject }) => reject(this.late(HURRIED_MS)));
    setTimeout(end, HURRIED_MS).unref();
  }
}
