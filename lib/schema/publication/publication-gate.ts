import { PublishError } from '../../fire-errors.js';
import { Deadlines, Expiring } from '../../timing/deadlines.js';

/** How many calls may wait: memory must stay bounded while Redis is away. */
const MOST = 10_000;

/** Holds back events of an API until its schema is published. */
export class PublicationGate {
  private readonly waiting = new Map<string, Set<Waiting>>();
  private readonly refusals = new Map<string, Error>();
  private readonly deadlines = new Deadlines();

  /** @param late makes the error of who has waited for an API in vain. */
  constructor(private readonly late: (apiName: string) => Error) {}

  /**
   * Resolves when the API's schema is published. They go on in the order in which they came.
   *
   * @param timeoutMs `undefined` where it is published.
   * @throws what `late` makes, after `timeoutMs`; what {@link refuse} was given; PublishError where too many wait.
   */
  async wait(apiName: string, timeoutMs: number | undefined): Promise<void> {
    if (timeoutMs !== undefined) this.check(apiName);
    const of = this.waiting.get(apiName) ?? new Set();
    this.waiting.set(apiName, of);
    let waiting: Waiting | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        if (timeoutMs === undefined) {
          resolve();
          return;
        }
        waiting = new Waiting(timeoutMs, resolve, reject, () => this.late(apiName));
        of.add(waiting);
        this.deadlines.add(waiting);
      });
    } finally {
      if (waiting) {
        of.delete(waiting);
        this.deadlines.delete(waiting);
      }
    }
  }

  private check(apiName: string): void {
    const refusal = this.refusals.get(apiName);
    if (refusal) throw refusal;
    if (this.deadlines.size < MOST) return;
    throw new PublishError(
      `An event of '${apiName}' was not stored: ${MOST} others wait until the schemas of their APIs are ` +
        'published. Await each fire, or fire more slowly.',
      { retry: 'again' },
    );
  }

  /** The API's schema is published. */
  open(apiName: string): void {
    for (const { resolve } of this.waiting.get(apiName) ?? []) resolve();
  }

  /** The API's schema will not be published. */
  refuse(apiName: string, error: Error): void {
    this.refusals.set(apiName, error);
    for (const { reject } of this.waiting.get(apiName) ?? []) reject(error);
  }

  /** Nobody publishes any more: whoever waits goes on, and is told so by the store. */
  openAll(): void {
    for (const apiName of this.waiting.keys()) this.open(apiName);
  }
}

class Waiting extends Expiring {
  constructor(
    timeoutMs: number,
    readonly resolve: () => void,
    readonly reject: (error: Error) => void,
    private readonly late: () => Error,
  ) {
    super(timeoutMs);
  }

  override expire(): void {
    this.reject(this.late());
  }
}
