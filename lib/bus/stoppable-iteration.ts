/**
 * An iteration that may wait without end. `return()` ends it at once, also while the next item is waited for,
 * where a generator's own would wait, too.
 */
export class StoppableIteration<T> implements AsyncIterableIterator<T, void, void> {
  private readonly stopping = new AbortController();
  private readonly items: AsyncGenerator<T, void, void>;

  /** @param make makes the items, which end when the signal is aborted. */
  constructor(make: (stop: AbortSignal) => AsyncGenerator<T, void, void>) {
    this.items = make(this.stopping.signal);
  }

  next(): Promise<IteratorResult<T, void>> {
    return this.items.next();
  }

  return(): Promise<IteratorResult<T, void>> {
    this.stopping.abort();
    return this.items.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
