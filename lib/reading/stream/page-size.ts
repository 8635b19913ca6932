import { DisconnectedError, TransportError } from '../../errors.js';
import type { StoredEntry } from '../../store/entries.js';
import { PAGE_LENGTH } from '../../store/pages.js';

/** How many entries the first page has at most: how large they are it tells itself. */
const FIRST = 20;

/** After so many lost connections in a row, each while one single entry was read, it is told why. */
const TELLING = 3;

/**
 * How many entries to fetch at once. Redis bounds a page by entries only; a page of large ones fills the
 * memory of this process, and Redis closes connections whose answers are larger than its
 * `client-output-buffer-limit`.
 */
export class PageSize {
  private limit = FIRST;
  private meanLength = 0;
  private failuresAtOne = 0;

  constructor(private readonly stream: string) {}

  /** @param most how many entries the caller wants at most. */
  next(most: number): number {
    const fitting = this.meanLength > 0 ? Math.floor(PAGE_LENGTH / this.meanLength) : this.limit;
    return Math.max(1, Math.min(most, this.limit, fitting));
  }

  /** A page has arrived. */
  arrived(page: readonly StoredEntry[]): void {
    this.failuresAtOne = 0;
    if (page.length === 0) return;
    let length = 0;
    for (const { fields } of page) for (const text of fields ?? []) length += text.length;
    this.meanLength = length / page.length;
    this.limit = Math.min(this.limit * 2, Number.MAX_SAFE_INTEGER / 4);
  }

  /**
   * A page could not be fetched. If the connection was lost, it may have been too large.
   *
   * @param count how many entries were asked for.
   * @returns the error to throw: the one given, or one that says that an entry is too large.
   */
  failed(count: number, error: unknown): unknown {
    if (!(error instanceof DisconnectedError) || !error.wasSent) return error;
    this.limit = 1;
    if (count === 1) this.failuresAtOne++;
    if (this.failuresAtOne < TELLING) return error;
    return new TransportError(
      `The connection was closed ${this.failuresAtOne} times in a row while a single entry of '${this.stream}' was read. ` +
        'If Redis is well otherwise, the entry is larger than its client-output-buffer-limit for normal ' +
        'clients allows: raise that (0 0 0 is no limit).',
      { cause: error },
    );
  }
}
