import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { PageError } from '../page-error.js';

/** How many tails may be open at a time: each looks at streams again and again. */
const MOST_OPEN = 50;

/** How long one may last, ms: then the browser asks again, and so do guards. */
const LONGEST_MS = 900_000;

/** A tail that somebody reads. */
export interface OpenTail {
  /** Aborted when it has to end. */
  readonly signal: AbortSignal;
  /** Ends it. */
  readonly close: () => void;
  /** It is served by this, which the application's shutdown waits for. */
  readonly servedBy: (serving: Promise<void>) => void;
}

/** All tails of this process, each of which ends with the application. */
@Injectable()
export class OpenTails implements OnModuleDestroy {
  private readonly open = new Set<() => void>();
  private readonly serving = new Set<Promise<void>>();
  private isClosed = false;

  /** How many there are. */
  get count(): number {
    return this.open.size;
  }

  /** @throws PageError 503 where there are too many, or the application shuts down. */
  add(): OpenTail {
    if (this.isClosed) throw new PageError(503, 'Shutting down', 'The application shuts down.');
    if (this.open.size >= MOST_OPEN) {
      throw new PageError(
        503,
        'Too many live tails',
        `${MOST_OPEN} live tails are open already, which is the most that this process serves. Close another one.`,
      );
    }
    const ending = new AbortController();
    const timer = setTimeout(() => close(), LONGEST_MS);
    const close = () => {
      clearTimeout(timer);
      this.open.delete(close);
      ending.abort();
    };
    this.open.add(close);
    const servedBy = (serving: Promise<void>) => {
      this.serving.add(serving);
      const forget = () => void this.serving.delete(serving);
      serving.then(forget, forget);
    };
    return { signal: ending.signal, close, servedBy };
  }

  /** Before the HTTP server waits for its connections to end. */
  async onModuleDestroy(): Promise<void> {
    this.isClosed = true;
    for (const close of this.open) close();
    await Promise.allSettled(this.serving);
  }
}
