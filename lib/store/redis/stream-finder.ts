import type { Logger } from '@nestjs/common';
import type { RedisConnections } from '../../redis/connections.js';
import { TransportError } from '../../errors.js';
import { inBackground } from '../../timing/background.js';
import { clock } from '../../timing/clock.js';
import { parseStreamName } from '../../wire/stream-names.js';
import { ScanTurn } from './scan-turn.js';
import { StreamScan } from './stream-scan.js';
import { ToldStreams } from './told-streams.js';

/** At most this often is read what others tell of an API's streams, for all its listeners together, ms. */
const LOOK_INTERVAL_MS = 5_000;

/**
 * Between two pages of the scan that goes on beside everything else, ms. With `KEYS_A_PAGE` it costs
 * Redis 7.0 about 0.3 % of a core at 1,000,000 keys, which take 8 minutes.
 */
const PAGE_INTERVAL_MS = 250;

/** Between two rounds of that scan, and after one of its pages failed, ms. */
const ROUND_PAUSE_MS = 5_000;

/** That scan goes on for so long after somebody has asked, ms. Python's schemas outlive it. */
const ASKED_MS = 60_000;

/**
 * Finds the streams of single events (`per_event`) on one Redis, for all listeners and histories of a
 * process: nothing in Redis lists them, and to look for them means to look at every key.
 *
 * That is done once, when first asked. Then new streams become known by what processes tell of them
 * (see {@link ToldStreams}). Those that nobody tells of are found by a slow scan, which one of the
 * processes does for all while somebody asks. (Intervals stand still while a machine is suspended, which does no harm here.)
 */
export class StreamFinder {
  private readonly told: ToldStreams;
  private readonly streams = new Map<string, Set<string>>();
  private readonly looks = new Map<string, { at: number; done: Promise<void> }>();
  /** Whether every key has been looked at, and by now perhaps long ago. */
  private knowledge: 'none' | 'old' | 'current' = 'none';
  private scanning?: Promise<void>;
  private readonly turn: ScanTurn;
  private readonly round: StreamScan;
  private timer?: NodeJS.Timeout;
  private askedAt = -Infinity;
  private closed = false;
  private fault?: string;

  /** @param logger is told what Redis refuses, once. */
  constructor(
    private readonly connections: Pick<RedisConnections, 'of' | 'node'>,
    private readonly logger: Pick<Logger, 'error'>,
  ) {
    this.told = new ToldStreams(connections, logger);
    this.turn = new ScanTurn(connections);
    this.round = new StreamScan(connections.node);
  }

  /** See `EventStore.announce`. */
  announce(apiName: string, stream: string): void {
    this.told.announce(apiName, stream);
  }

  /** See `EventStore.streamsOfApi`. */
  async streamsOfApi(apiName: string, complete: boolean): Promise<string[]> {
    const now = clock.now();
    if (this.knowledge === 'current' && now - this.askedAt > ASKED_MS) this.knowledge = 'old';
    this.askedAt = now;
    if (this.knowledge === 'none' || (complete && this.knowledge === 'old')) await this.scan();
    await this.look(apiName, complete);
    this.goOn(ROUND_PAUSE_MS);
    return [...this.known(apiName)];
  }

  /** Nothing runs afterwards. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  /** Looks at every key now. Whoever asks meanwhile shares it. */
  private scan(): Promise<void> {
    this.scanning ??= new StreamScan(this.connections.node)
      .all()
      .then((streams) => {
        this.add(streams);
        this.knowledge = 'current';
      })
      .finally(() => (this.scanning = undefined));
    return this.scanning;
  }

  private look(apiName: string, now: boolean): Promise<void> {
    const last = this.looks.get(apiName);
    if (last && !now && clock.now() - last.at < LOOK_INTERVAL_MS) return last.done;
    const done = this.told.read(apiName, this.known(apiName)).then((streams) => this.add(streams));
    const look = { at: clock.now(), done };
    this.looks.set(apiName, look);
    // Who asks next tries again.
    done.catch(() => (look.at = -Infinity));
    return done;
  }

  private goOn(delayMs: number): void {
    if (this.timer || this.closed) return;
    this.timer = setTimeout(() => {
      inBackground(
        () => this.turnPage(),
        (error) => this.report(error),
      );
    }, delayMs).unref();
  }

  private async turnPage(): Promise<void> {
    let delayMs = ROUND_PAUSE_MS;
    try {
      if (await this.turn.take()) {
        const { streams, isLast } = await this.round.nextPage();
        this.add(streams);
        await this.told.pass(streams);
        if (!isLast) delayMs = PAGE_INTERVAL_MS;
      }
    } catch (error) {
      // The connection reports its own state, and a refusal met whoever asked first.
      if (!(error instanceof TransportError)) this.report(error);
    }
    this.timer = undefined;
    if (clock.now() - this.askedAt < ASKED_MS) this.goOn(delayMs);
  }

  /** A fault of this module, told once. */
  private report(error: unknown): void {
    const text = String(error);
    if (text === this.fault) return;
    this.fault = text;
    this.logger.error(
      `Looking for streams failed: ${text.replace(/\.$/, '')}. This is a fault of nestjs-lightbus itself; ` +
        'please report it. It goes on; streams that no other process tells of may not be found.',
      error instanceof Error ? error.stack : undefined,
    );
  }

  private add(streams: Iterable<string>): void {
    for (const stream of streams) this.known(parseStreamName(stream)?.apiName ?? '').add(stream);
  }

  private known(apiName: string): Set<string> {
    const streams = this.streams.get(apiName) ?? new Set();
    this.streams.set(apiName, streams);
    return streams;
  }
}
