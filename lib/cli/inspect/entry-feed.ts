import { mergeHistories, readHistory, type HistoricEntry } from '../../store/read-history.js';
import type { BusStream } from '../../operations/bus-streams.js';

/** Reads streams as one, in the order of entry ids, and remembers how far it has come in each. */
export class EntryFeed {
  private readonly read = new Map<string, string>();
  private readonly known = new Map<string, string>();

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
    const histories = streams.map(({ name, store }) => {
      const last = this.read.get(name);
      const start = last === undefined ? this.start : `(${last}`;
      const range = { start, end: this.end, reverse: false, streamCount: streams.length };
      return readHistory(store, [name], range);
    });
    for await (const entry of mergeHistories(histories, false)) {
      this.read.set(entry.stream, entry.nativeId);
      yield entry;
    }
  }

  /** Resolves when one of the streams may have more, or when `signal` is aborted. */
  async whenMore(streams: readonly BusStream[], signal: AbortSignal): Promise<void> {
    const round = new AbortController();
    const either = AbortSignal.any([signal, round.signal]);
    const aborted = new Promise<void>((resolve) => {
      either.addEventListener('abort', () => resolve(), { once: true });
      if (either.aborted) resolve();
    });
    const rings = streams.map(async ({ name, store }) => {
      const after = this.known.get(name) ?? this.read.get(name) ?? '0-0';
      this.known.set(name, await store.whenAppended(name, after, either));
    });
    await Promise.race([aborted, ...rings]);
    round.abort();
  }
}
