/** Which entry, of which stream. */
interface EntryRef {
  readonly stream: string;
  readonly nativeId: string;
}

/** The entries that handlers were given and that are not dealt with yet. */
export class InFlight {
  private readonly streams = new Map<string, Map<string, AbortController>>();
  private isAbandoned = false;

  /** A handler is given the entry. @returns a signal that is aborted when it is to stop. */
  begin({ stream, nativeId }: EntryRef): AbortSignal {
    const entries = this.streams.get(stream) ?? new Map<string, AbortController>();
    this.streams.set(stream, entries);
    const controller = new AbortController();
    entries.set(nativeId, controller);
    return controller.signal;
  }

  /** The entry is dealt with. */
  end({ stream, nativeId }: EntryRef): void {
    this.streams.get(stream)?.delete(nativeId);
  }

  /** Another consumer has taken the entry over: its handler is to stop. */
  takenOver(entry: EntryRef): void {
    this.streams.get(entry.stream)?.get(entry.nativeId)?.abort();
    this.end(entry);
  }

  /** Tells all handlers to stop, and does not wait for them. @returns how many there are. */
  abandon(): number {
    const running = [...this.streams.values()].flatMap((entries) => [...entries.values()]);
    for (const controller of running) controller.abort();
    this.isAbandoned = running.length > 0;
    return running.length;
  }

  /** Entries of a stream that were begun and are not dealt with. */
  begunOn(stream: string): string[] {
    return [...(this.streams.get(stream)?.keys() ?? [])];
  }

  /** Those of them whose handlers were told to stop, and may be running on. */
  abandonedOn(stream: string): string[] {
    return this.isAbandoned ? this.begunOn(stream) : [];
  }
}
