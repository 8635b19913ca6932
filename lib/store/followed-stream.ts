import { inContext } from '../redis/in-context.js';
import { unlessAborted } from '../timing/unless-aborted.js';
import type { EntityRef, EventKeys } from './entities.js';
import type { EventStore } from './event-store.js';
import { readEntity } from './read-entity.js';
import { readStream, type HistoricEntry, type HistoryStore } from './read-history.js';
import { HistoryGuard } from './history-guard.js';

/** One entity, and which events are about it. */
export interface EntityQuery {
  /** See {@link readEntity}. */
  readonly keys: EventKeys;
  readonly entity: EntityRef;
}

/** A stream whose history is read. */
export interface HistorySource {
  readonly store: EventStore;
  readonly stream: string;
  /** Only the events of this entity. */
  readonly only?: EntityQuery;
}

/** An entry as it is read on and on; `sequence` where it was read as one of an entity. */
export type FollowedEntry = HistoricEntry & { readonly sequence?: number };

/** One stream that is read on as it grows. */
export class FollowedStream {
  /** The last entry that was handed out; `undefined` for none. */
  position?: string;
  /** Whether there may be something that was not read yet. */
  hasNews = true;
  private readonly guard: HistoryGuard;
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
    this.guard = new HistoryGuard(store, stream, () => this.position);
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
  read(
    end: string,
    streamCount: number,
    signal: AbortSignal,
  ): AsyncGenerator<FollowedEntry, void, void> {
    const { source, guard, stream } = this;
    const { store, only } = source;
    const { description } = store;
    const start = this.position === undefined ? this.start : `(${this.position}`;
    const range = { start, end, reverse: false, signal, streamCount };
    if (!only) {
      const read: HistoryStore['range'] = (name, page) =>
        guard.read(page, (guarded) => store.range(name, guarded));
      return readStream({ description, range: read }, stream, range);
    }
    const entityPlaces: EventStore['entityPlaces'] = (name, keys, entity, page, stop) =>
      guard.read(page, (guarded) => store.entityPlaces(name, keys, entity, guarded, stop));
    const entriesAt: EventStore['entriesAt'] = (...args) => store.entriesAt(...args);
    const guarded = { description, entityPlaces, entriesAt };
    return readEntity(guarded, stream, only.keys, only.entity, range);
  }

  /** Stops listening. */
  close(): void {
    this.stopListening();
  }
}
