import type { AttemptTimes, PendingEntry } from '../store/consumer-groups.js';
import type { FlatFields } from '../store/entries.js';
import type { Delivery, DeliveryPlace } from './delivery.js';

/** Which entry, of which stream. */
interface EntryRef {
  readonly stream: string;
  readonly nativeId: string;
}

/** The entries that handlers were given and that are not dealt with yet. */
export class InFlight {
  private readonly streams = new Map<string, Map<string, Begun>>();
  private isAbandoned = false;

  /** A handler is given the entry. */
  begin(entry: PendingEntry, place: DeliveryPlace): Delivery {
    let entries = this.streams.get(place.stream);
    if (!entries) this.streams.set(place.stream, (entries = new Map<string, Begun>()));
    const begun = new Begun(entry, place);
    entries.set(entry.nativeId, begun);
    return begun;
  }

  /** The entry is dealt with. */
  end({ stream, nativeId }: EntryRef): void {
    this.streams.get(stream)?.delete(nativeId);
  }

  /** Another consumer has taken the entry over: its handler is to stop. */
  takenOver(entry: EntryRef): void {
    this.streams.get(entry.stream)?.get(entry.nativeId)?.stop();
    this.end(entry);
  }

  /** Tells all handlers to stop, and does not wait for them. @returns how many there are. */
  abandon(): number {
    const running = [...this.streams.values()].flatMap((entries) => [...entries.values()]);
    for (const begun of running) begun.stop();
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

class Begun implements Delivery {
  readonly nativeId: string;
  readonly fields: FlatFields | null;
  readonly deliveryCount: number;
  readonly attempts: number;
  readonly hasFailed?: boolean;
  readonly times?: AttemptTimes;
  readonly isRedelivery?: boolean;
  readonly streamApi: string;
  readonly stream: string;
  readonly consumerGroup: string;
  isStopped = false;
  private controller?: AbortController;

  constructor(entry: PendingEntry, place: DeliveryPlace) {
    this.nativeId = entry.nativeId;
    this.fields = entry.fields;
    this.deliveryCount = entry.deliveryCount;
    this.attempts = entry.attempts;
    this.hasFailed = entry.hasFailed;
    this.times = entry.times;
    this.isRedelivery = entry.isRedelivery;
    this.streamApi = place.streamApi;
    this.stream = place.stream;
    this.consumerGroup = place.consumerGroup;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.isStopped) this.controller.abort();
    }
    return this.controller.signal;
  }

  stop(): void {
    this.isStopped = true;
    this.controller?.abort();
  }
}
