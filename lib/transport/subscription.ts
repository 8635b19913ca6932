import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { deserialize, type DecodedEntry } from '../wire/by-field.js';
import { compareEntryIds, entryTime } from '../wire/entry-id.js';
import { backoffMs } from './backoff.js';
import { StreamReader, type ReadSettings } from './stream-reader.js';
import type {
  ConsumerRef,
  DeadLetterReport,
  EventTransport,
  GroupState,
  PendingEntry,
} from './transport.js';

/** Without any news this often is looked anyway, ms: a doorbell may be lost with its connection. */
const FALLBACK_POLL_MS = 5_000;

/** First delay after a failure, ms; it doubles up to `consumption_restart_delay`. */
const FIRST_RESTART_DELAY_MS = 100;

/** One stream that a subscription reads, and how. */
export interface StreamSource {
  /** The API that the stream belongs to. */
  readonly apiName: string;
  readonly transport: EventTransport;
  readonly ref: ConsumerRef;
  readonly settings: ReadSettings;
  /** Lightbus setting `consumption_restart_delay`, ms: cap of the delay before reading again after a failure. */
  readonly restartDelayMs: number;
}

/** What a subscription reads. */
export interface SubscriptionOptions {
  /** Where a group starts when it is made: `0`, `$` or an entry id. */
  readonly since: string;
  /** The streams to read. Asked for again from time to time: streams may come, none may go. */
  readonly sources: () => Promise<readonly StreamSource[]>;
  readonly onChange: (change: SubscriptionChange) => void;
}

/** A change of a subscription's state, for logs. */
export type SubscriptionChange =
  | { readonly kind: 'opened'; readonly ref: ConsumerRef; readonly group: GroupState }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'recovered' }
  /** Another consumer took an entry over while this one held it. */
  | { readonly kind: 'lost'; readonly stream: string; readonly nativeId: string };

/** One entry handed to this process, to be acknowledged or set aside. */
export interface Delivery {
  /** The API that the stream belongs to; the entry itself may name another. */
  readonly streamApi: string;
  readonly stream: string;
  readonly nativeId: string;
  /** When the transport stored the entry. */
  readonly timestamp: Date;
  readonly consumerGroup: string;
  /** How often the group has handed this entry to a consumer; 1 is the first. */
  readonly deliveryCount: number;
  /** The entry, deserialised; `deleted`: it is pending, but its data is gone. */
  readonly content: DecodedEntry | { readonly kind: 'deleted' };
  /** Aborted when another consumer has taken the entry over. */
  readonly signal: AbortSignal;
}

/**
 * One listener's entries, from all its streams, one at a time: of the entries at hand the oldest
 * first. Pulling the next one is what reads; the consumer's speed is the backpressure.
 *
 * A failure never ends it: it logs once through `onChange`, waits, and starts again from the pending
 * list.
 */
export class Subscription {
  private readers: StreamReader[] = [];
  private readonly apis = new Map<string, string>();
  private readonly deliveries = new Map<string, AbortController>();
  private opened = false;
  private nextDiscoveryAt = 0;
  private restartDelayMs = FALLBACK_POLL_MS;

  constructor(private readonly options: SubscriptionOptions) {}

  /** Yields deliveries until `signal` is aborted. */
  async *read(signal: AbortSignal): AsyncGenerator<Delivery, void, void> {
    let failures = 0;
    let open = false;
    while (!signal.aborted) {
      try {
        if (!open) await this.open();
        open = true;
        await Promise.all(this.readers.map((reader) => reader.fill()));
        if (failures > 0) this.options.onChange({ kind: 'recovered' });
        failures = 0;
        const next = this.takeOldest();
        if (next) yield next;
        else await this.wait(signal);
      } catch (error) {
        if (failures++ === 0) this.options.onChange({ kind: 'failed', error });
        open = false;
        await pause(backoffMs(failures, FIRST_RESTART_DELAY_MS, this.restartDelayMs), signal);
      }
    }
  }

  /** Acknowledges a delivery. Does not wait: a failure shows in the next pull, which repeats it. */
  acknowledge(delivery: Delivery): void {
    this.deliveries.delete(key(delivery));
    this.readerOf(delivery).acknowledge(delivery.nativeId);
  }

  /** Moves a delivery to the dead-letter stream. A failure shows in the next pull, which delivers it again. */
  async deadLetter(delivery: Delivery, report: DeadLetterReport): Promise<void> {
    this.deliveries.delete(key(delivery));
    await this.readerOf(delivery).deadLetter(delivery.nativeId, report);
  }

  /** Confirms every acknowledgement and stops. What is not acknowledged stays pending. */
  async close(): Promise<void> {
    const results = await Promise.allSettled(this.readers.map((reader) => reader.settle()));
    this.readers.forEach((reader) => reader.close());
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private async open(): Promise<void> {
    await this.discover();
    await Promise.all(this.readers.map((reader) => this.openReader(reader)));
    this.opened = true;
  }

  /** Adds readers of streams that are new. */
  private async discover(): Promise<void> {
    const known = new Set(this.readers.map(({ ref }) => ref.stream));
    const sources = await this.options.sources();
    this.nextDiscoveryAt = Date.now() + FALLBACK_POLL_MS;
    for (const { apiName, transport, ref, settings, restartDelayMs } of sources) {
      this.restartDelayMs = restartDelayMs;
      if (known.has(ref.stream)) continue;
      this.apis.set(ref.stream, apiName);
      // A stream that came into being while we listen is new from its first entry on.
      const start = this.opened ? '0' : this.options.since;
      const reader = new StreamReader(transport, ref, settings, start, (nativeId) =>
        this.lose({ stream: ref.stream, nativeId }),
      );
      this.readers.push(reader);
    }
  }

  private async openReader(reader: StreamReader): Promise<void> {
    const group = await reader.open();
    this.options.onChange({ kind: 'opened', ref: reader.ref, group });
  }

  private takeOldest(): Delivery | undefined {
    const reader = this.readers
      .filter(({ head }) => head)
      .reduce<StreamReader | undefined>((a, b) => (a && older(a, b) ? a : b), undefined);
    const entry = reader?.take();
    return reader && entry && this.deliver(reader.ref, entry);
  }

  private deliver(
    { stream, group: consumerGroup }: ConsumerRef,
    { nativeId, fields, deliveryCount }: PendingEntry,
  ): Delivery {
    const lost = new AbortController();
    this.deliveries.set(key({ stream, nativeId }), lost);
    return {
      streamApi: this.apis.get(stream) ?? '',
      stream,
      nativeId,
      timestamp: entryTime(nativeId),
      consumerGroup,
      deliveryCount,
      content: fields ? deserialize(fields, stream, nativeId) : { kind: 'deleted' },
      signal: lost.signal,
    };
  }

  private async wait(signal: AbortSignal): Promise<void> {
    const untilClaimMs = Math.min(...this.readers.map((reader) => reader.untilClaimMs));
    const timeoutMs = Math.min(FALLBACK_POLL_MS, untilClaimMs);
    const done = new AbortController();
    const stop = () => done.abort();
    const timer = setTimeout(stop, timeoutMs);
    signal.addEventListener('abort', stop);
    // The first reader that is rung ends the wait of all: they are read again together.
    await Promise.race([
      once(done.signal, 'abort'),
      ...this.readers.map((reader) => reader.wait(done.signal)),
    ]);
    done.abort();
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    if (Date.now() >= this.nextDiscoveryAt) await this.addNewStreams();
  }

  private async addNewStreams(): Promise<void> {
    const before = this.readers.length;
    await this.discover();
    for (const reader of this.readers.slice(before)) await this.openReader(reader);
  }

  private lose(entry: Pick<Delivery, 'stream' | 'nativeId'>): void {
    this.deliveries.get(key(entry))?.abort();
    this.options.onChange({ kind: 'lost', ...entry });
  }

  private readerOf({ stream }: Delivery): StreamReader {
    const reader = this.readers.find(({ ref }) => ref.stream === stream);
    if (!reader) throw new Error(`No reader for stream '${stream}'.`);
    return reader;
  }
}

function key({ stream, nativeId }: Pick<Delivery, 'stream' | 'nativeId'>): string {
  return `${nativeId} ${stream}`;
}

function older(a: StreamReader, b: StreamReader): boolean {
  return compareEntryIds(a.head?.nativeId ?? '', b.head?.nativeId ?? '') <= 0;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // An aborted pause is how a stop looks, not a failure.
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
