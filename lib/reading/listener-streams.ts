import { allDone } from '../timing/all-done.js';
import { clock } from '../timing/clock.js';
import type { DeliveryPlace } from './delivery.js';
import { Interruptions } from './interruptions.js';
import type { SharedReading } from './shared-reading.js';
import { StreamReader, type StreamReaderEvents } from './stream/stream-reader.js';
import { startsOf, type StreamSource } from './stream-source.js';
import type { SubscriptionChange } from './subscription-change.js';

/** How often to look for streams that are new, ms. */
const DISCOVER_MS = 5_000;

/** What a subscription reads. */
export interface StreamsToRead {
  /** Where a group starts when it is made: `0`, `$` or an entry id. */
  readonly since: string;
  /** What the readers of this process share. */
  readonly shared: SharedReading;
  /**
   * The streams to read. Where they may grow, asked for again from time to time; none may go.
   * `isFirst`: nothing waits to be read yet, so that there is time to find every one.
   */
  readonly sources: (isFirst: boolean) => Promise<readonly StreamSource[]>;
  /** Whether streams may come into being that are to be read, too. */
  readonly mayGrow: boolean;
  readonly onChange: (change: SubscriptionChange) => void;
}

/**
 * The streams of one listener, as they are found, and their readers as they are opened: at the start, after a failure,
 * and where streams come into being.
 */
export class ListenerStreams {
  private readonly found: StreamReader[] = [];
  /** One for each stream that has been found: always the same list, which grows. */
  readonly readers: readonly StreamReader[] = this.found;
  /** Of `found`, those whose group exists. */
  private readonly opened = new Set<StreamReader>();
  private readonly places = new Map<string, DeliveryPlace>();
  private started = false;
  /** Whether the streams have been looked for. */
  private hasLooked = false;
  private lookAt = 0;
  private delayMs = DISCOVER_MS;
  private readonly interruptions = new Interruptions(() => this.found.map(({ place }) => place));

  /** @param events is what the readers tell. */
  constructor(
    private readonly options: StreamsToRead,
    private readonly events: Pick<StreamReaderEvents, 'tell' | 'wake'>,
  ) {}

  /** Whether all there is to read is open, as far as is known, and no streams are to be looked for. */
  get areOpen(): boolean {
    const areOpen = this.started && this.opened.size === this.found.length;
    return areOpen && clock.now() < this.lookAt;
  }

  /** When to look for new streams, as `clock` counts. */
  get nextLookAt(): number {
    return this.lookAt;
  }

  /** How long to wait before reading again at most, ms. */
  get restartDelayMs(): number {
    return this.delayMs;
  }

  /** Where the entries of a stream come from, and for whom they are. */
  placeOf(stream: string): DeliveryPlace | undefined {
    return this.places.get(stream);
  }

  /** Something has failed: each is to be opened again, and starts from its pending list. */
  lose(): void {
    this.opened.clear();
  }

  /**
   * Opens what is not open, after a failure everything. From time to time looks for streams that are new.
   *
   * @throws what is in the way of one of them, once the others have been tried, too.
   */
  async open(): Promise<void> {
    if (clock.now() >= this.lookAt) await this.discover();
    await allDone(
      this.found
        .filter((reader) => !this.opened.has(reader))
        .map((reader) => this.openReader(reader)),
    );
    await this.interruptions.count();
    if (!this.started) this.options.onChange({ kind: 'started' });
    this.started = true;
  }

  /** Adds readers of streams that are new. */
  private async discover(): Promise<void> {
    const known = new Set(this.found.map(({ member }) => member.stream));
    const sources = await this.options.sources(!this.started);
    const unknown = sources.filter(({ ref }) => !known.has(ref.stream));
    const since = await startsOf(unknown, this.options.since, this.hasLooked);
    unknown.forEach((source, i) => {
      this.delayMs = source.restartDelayMs;
      this.found.push(this.toReader(source, since[i] ?? this.options.since));
    });
    this.hasLooked = true;
    this.lookAt = this.options.mayGrow ? clock.now() + DISCOVER_MS : Infinity;
  }

  private toReader(source: StreamSource, since: string): StreamReader {
    const { apiName, store, ref, owner, settings } = source;
    const { shared } = this.options;
    const { stream, group: consumerGroup } = ref;
    this.places.set(stream, { streamApi: apiName, stream, consumerGroup });
    const place = { store, member: { ...ref, holder: shared.holder }, since, owner };
    return new StreamReader(place, settings, shared, {
      ...this.events,
      countTaken: (page) =>
        this.interruptions.countTaken(place, page, settings.acknowledgementTimeoutMs),
    });
  }

  private async openReader(reader: StreamReader): Promise<void> {
    const { stream, group: name, consumer } = reader.member;
    const ref = { stream, group: name, consumer };
    const isNew = !reader.wasOpened;
    const group = await reader.open();
    this.opened.add(reader);
    this.interruptions.opened(reader.place, group.interrupted);
    if (group.remade) this.options.onChange({ kind: 'remade', ref, group });
    else if (isNew) this.options.onChange({ kind: 'opened', ref, group });
  }
}
