import { compareEntryIds, isEntryId } from '../wire/entry-id.js';
import type { ConsumerRef, DeadLetterReport, EventTransport, PendingEntry } from './transport.js';

/** How a consumer reads one stream; all from the Lightbus settings of the stream's API. */
export interface ReadSettings {
  /** `batch_size`: how many entries one read asks for. */
  readonly batchSize: number;
  /** `acknowledgement_timeout`, ms: after this long idle an entry may be taken over. */
  readonly acknowledgementTimeoutMs: number;
  /** `reclaim_interval`, ms: how often to look for such entries. */
  readonly reclaimIntervalMs: number;
  /** `reclaim_batch_size`: how many to take over at once. */
  readonly reclaimBatchSize: number;
}

/** Told when an entry in a handler's hands was taken over by another consumer. */
export type LostListener = (nativeId: string) => void;

/**
 * Reads one stream for one consumer, in this order: the consumer's own pending entries, then entries
 * that timed out with other consumers, then new ones. Remembers what is not acknowledged yet, keeps
 * it from being taken over, and after a failure starts again from the pending list, which knows.
 */
export class StreamReader {
  private phase: 'pending' | 'claim' | 'new' = 'pending';
  private cursor = '0-0';
  private buffer: PendingEntry[] = [];
  /** Entries that this consumer owns: buffered, or in a handler's hands. */
  private readonly held = new Set<string>();
  /** Handled entries whose acknowledgement is not confirmed: never to be handled again. */
  private readonly handled = new Set<string>();
  private readonly inFlight = new Set<Promise<void>>();
  private failure: unknown;
  private nextClaimAt = 0;
  private newestSeen = '0-0';
  private position: string;
  private dry = false;
  private keepAliveTimer?: NodeJS.Timeout;

  /** @param since where the group starts when it is made: `0`, `$` or an entry id. */
  constructor(
    private readonly transport: EventTransport,
    readonly ref: ConsumerRef,
    private readonly settings: ReadSettings,
    since: string,
    private readonly onLost: LostListener,
  ) {
    this.position = since;
  }

  /** Makes group and consumer where missing, and starts from the pending list. */
  async open() {
    this.close();
    this.failure = undefined;
    this.buffer = [];
    this.held.clear();
    this.phase = 'pending';
    this.cursor = '0-0';
    this.dry = false;
    // A group that vanished while we read is made again where this consumer stopped.
    const group = await this.transport.openGroup(this.ref, this.position);
    this.newestSeen = group.lastDeliveredId;
    if (this.position === '$') this.position = group.lastDeliveredId;
    const period = this.settings.acknowledgementTimeoutMs / 3;
    this.keepAliveTimer = setInterval(() => void this.keepAlive(), period).unref();
    return group;
  }

  /** Stops keeping entries alive. What is not acknowledged stays pending under this consumer's name. */
  close(): void {
    clearInterval(this.keepAliveTimer);
  }

  /** The oldest entry at hand. Fetch more with {@link fill}. */
  get head(): PendingEntry | undefined {
    return this.buffer[0];
  }

  /** Hands out {@link head}. The entry is ours until it is acknowledged. */
  take(): PendingEntry | undefined {
    return this.buffer.shift();
  }

  /** Fetches entries if none is at hand. @throws what the transport throws; then {@link open} again. */
  async fill(): Promise<void> {
    while (this.buffer.length === 0 && !this.dry) {
      if (this.failure) throw this.failure;
      await this.read();
    }
  }

  /** Milliseconds until the next look for timed-out entries. */
  get untilClaimMs(): number {
    return Math.max(0, this.nextClaimAt - Date.now());
  }

  /** Resolves when a {@link fill} may find something: an entry was appended, or `signal` is aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.dry) return;
    this.newestSeen = await this.transport.whenAppended(this.ref.stream, this.newestSeen, signal);
    this.dry = false;
  }

  /** Sends the acknowledgement without waiting: it shares its round trip with the next read. */
  acknowledge(nativeId: string): void {
    this.handled.add(nativeId);
    this.track(
      this.transport.acknowledge(this.ref, [nativeId]).then((owned) => {
        this.release(nativeId);
        if (owned.length === 0) this.onLost(nativeId);
      }),
    );
  }

  /** Moves an entry to the dead-letter stream and acknowledges it. */
  async deadLetter(nativeId: string, report: DeadLetterReport): Promise<void> {
    await this.track(
      this.transport.deadLetter(this.ref, nativeId, report).then((moved) => {
        this.release(nativeId);
        if (!moved) this.onLost(nativeId);
      }),
    );
  }

  /** Resolves when every acknowledgement sent so far is confirmed, or has failed twice. */
  async settle(): Promise<void> {
    await Promise.all(this.inFlight);
    if (this.handled.size === 0) return;
    await this.transport.acknowledge(this.ref, [...this.handled]);
    this.handled.clear();
  }

  private async read(): Promise<void> {
    const { batchSize, acknowledgementTimeoutMs, reclaimBatchSize } = this.settings;
    if (this.phase === 'pending') {
      const page = await this.transport.readPending(this.ref, this.cursor, batchSize);
      const last = page.at(-1);
      if (last) {
        this.cursor = last.nativeId;
        this.keep(page);
        return;
      }
      this.enterClaim();
    }
    if (this.phase === 'new' && this.untilClaimMs === 0) this.enterClaim();
    if (this.phase === 'claim') {
      const page = await this.transport.claim(
        this.ref,
        acknowledgementTimeoutMs,
        this.cursor,
        reclaimBatchSize,
      );
      this.keep(page.entries);
      if (page.next !== null) {
        this.cursor = page.next;
        return;
      }
      this.phase = 'new';
      this.nextClaimAt = Date.now() + this.settings.reclaimIntervalMs;
      if (page.entries.length > 0) return;
    }
    const entries = await this.transport.readNew(this.ref, batchSize);
    this.newestSeen = entries.at(-1)?.nativeId ?? this.newestSeen;
    this.dry = entries.length === 0;
    this.keep(entries);
  }

  private enterClaim(): void {
    this.phase = 'claim';
    this.cursor = '-';
  }

  private keep(entries: readonly PendingEntry[]): void {
    for (const entry of entries) {
      // One whose data is gone is not ours to keep alive: it stays with whoever owned it.
      if (entry.fields) this.held.add(entry.nativeId);
      if (this.handled.has(entry.nativeId)) this.acknowledge(entry.nativeId);
      else this.buffer.push(entry);
    }
  }

  private release(nativeId: string): void {
    this.handled.delete(nativeId);
    this.held.delete(nativeId);
    if (!isEntryId(this.position) || compareEntryIds(nativeId, this.position) > 0) {
      this.position = nativeId;
    }
  }

  private async track(operation: Promise<void>): Promise<void> {
    const tracked = operation
      // The next fill reports it, and starting again from the pending list repeats it.
      .catch((error: unknown) => void (this.failure = error))
      .finally(() => this.inFlight.delete(tracked));
    this.inFlight.add(tracked);
    await tracked;
  }

  private async keepAlive(): Promise<void> {
    const asked = [...this.held].filter((id) => !this.handled.has(id));
    if (asked.length === 0) return;
    try {
      const owned = new Set(await this.transport.keepAlive(this.ref, asked));
      for (const id of asked) {
        if (owned.has(id) || !this.held.delete(id) || this.handled.has(id)) continue;
        this.buffer = this.buffer.filter(({ nativeId }) => nativeId !== id);
        this.onLost(id);
      }
    } catch {
      // A lost connection: the next read fails too, reports it and starts again.
    }
  }
}
