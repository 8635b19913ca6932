import {
  deserializeEntry,
  mergeHistories,
  readStream,
  type HistoricEntry,
} from '../../store/read-history.js';
import type { BusStream } from '../../operations/bus-streams.js';

/** Reads streams as one, in the order of entry ids, and remembers how far it has come in each. */
export class EntryFeed {
  private readonly read = new Map<string, string>();
  private readonly listening = new Map<string, () => void>();
  /** Something was told since the last read began. */
  private told = false;
  private wake: () => void = () => undefined;

  /** @param start first id, or `-`; @param end last id, or `+`: both inclusive, for every stream. */
  constructor(
    private readonly start: string,
    private readonly end: string,
  ) {}

  /** Leaves out what is on these streams now. */
  async skipExisting(streams: readonly BusStream[]): Promise<void> {
    await Promise.all(
      streams.map(async ({ name, store }) => {
        const newest = { start: '-', end: '+', count: 1, reverse: true };
        const [last] = await store.range(name, newest);
        if (last) this.read.set(name, last.nativeId);
      }),
    );
  }

  /** The entries that are there and have not been read yet, page by page. @throws TransportError */
  async *entries(streams: readonly BusStream[]): AsyncGenerator<HistoricEntry, void, void> {
    this.told = false;
    const histories = streams.map(({ name, store }) => {
      const last = this.read.get(name);
      const start = last === undefined ? this.start : `(${last}`;
      const range = { start, end: this.end, reverse: false, streamCount: streams.length };
      return readStream(store, name, range);
    });
    for await (const page of mergeHistories(histories, false)) {
      for (const entry of page) {
        this.read.set(entry.stream, entry.nativeId);
        yield deserializeEntry(entry);
      }
    }
  }

  /** Resolves when one of the streams may have more than was last read, or when `signal` is aborted. */
  async whenMore(streams: readonly BusStream[], signal: AbortSignal): Promise<void> {
    for (const { name, store } of streams) {
      if (this.listening.has(name)) continue;
      this.listening.set(
        name,
        store.listen(name, (news) => {
          if (news !== 'sent') this.hear();
        }),
      );
    }
    if (this.told || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      signal.addEventListener('abort', this.wake, { once: true });
    });
    signal.removeEventListener('abort', this.wake);
  }

  private hear(): void {
    this.told = true;
    this.wake();
  }
}
