import { inContext } from '../redis/in-context.js';
import { unlessAborted } from '../timing/unless-aborted.js';
import type { EventStore } from './event-store.js';
import { readSource, type HistorySource } from './history-source.js';
import type { HistoryPages } from './read-history.js';

/** One stream that is read on as it grows. */
export class FollowedStream {
  /** The last entry that was handed out; `undefined` for none. */
  position?: string;
  /** Whether there may be something that was not read yet. */
  hasNews = true;
  private readonly stopListening: () => void;

  /**
   * Listens from now on.
   *
   * @param start lower bound, as of `HistoryRange`; `+`: what is stored from now on.
   * @param wake is called when there may be something new.
   */
  constructor(
    private readonly source: HistorySource,
    private start: string,
    wake: () => void,
  ) {
    const { store, stream } = source;
    this.stopListening = store.listen(stream, (news) => {
      if (news !== 'appended') return;
      this.hasNews = true;
      wake();
    });
  }

  get stream(): string {
    return this.source.stream;
  }

  get store(): EventStore {
    return this.source.store;
  }

  /** Finds out where it starts, where that is its end. @throws TransportError */
  async open(signal: AbortSignal): Promise<void> {
    if (this.start !== '+') return;
    const { store, stream } = this;
    const newest = { start: '-', end: '+', count: 1, reverse: true };
    const reading = inContext(
      `Reading '${stream}'`,
      store.description,
      store.range(stream, newest),
    );
    const [last] = await unlessAborted(reading, signal);
    this.start = last ? `(${last.nativeId}` : '-';
  }

  /**
   * What follows the last entry that was handed out, up to `end`. Whoever takes an entry sets `position`.
   *
   * @throws HistoryGoneBackError, `TransportError`, the signal's reason.
   */
  read(end: string, streamCount: number, signal: AbortSignal): HistoryPages {
    const isReadOn = this.position !== undefined;
    const start = this.position === undefined ? this.start : `(${this.position}`;
    return readSource(this.source, { start, end, reverse: false, isReadOn, signal, streamCount });
  }

  /** Stops listening. */
  close(): void {
    this.stopListening();
  }
}
