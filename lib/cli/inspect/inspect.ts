import { setTimeout as delay } from 'node:timers/promises';
import { TransportError } from '../../errors.js';
import { rangeEnd, rangeStart } from '../../wire/history-bounds.js';
import type { BusStream } from '../../operations/bus-streams.js';
import { openBus, readConfig } from '../open-bus.js';
import type { InspectOptions } from './inspect-options.js';
import { whenInterrupted } from '../interrupted.js';
import { Output } from '../output.js';
import { StderrLogger } from '../stderr-logger.js';
import { EntryFeed } from './entry-feed.js';
import { EventPrinter } from './event-printer.js';
import { holdsWanted } from '../../operations/event-filter.js';
import { clock } from '../../timing/clock.js';

/** How often to look for streams that are new, ms: a search goes through all keys. */
const SEARCH_MS = 5_000;

/** How long to wait after a failure of Redis before following goes on, ms. */
const RETRY_MS = 1_000;

/**
 * `lightbus inspect`: prints the events of the bus that are asked for, as they are read.
 *
 * @throws ConfigurationError, CommandError; `TransportError` where Redis can't be read.
 */
export async function inspect(options: InspectOptions): Promise<void> {
  const logger = new StderrLogger(options.logLevel);
  const follow = options.follow ?? false;
  const bus = openBus(await readConfig(options, logger), logger, follow);
  const output = new Output(process.stdout);
  const stop = follow ? AbortSignal.any([output.closed, whenInterrupted()]) : output.closed;
  const printer = new EventPrinter(options, output, logger, stop);
  try {
    const feed = new EntryFeed(...rangeOf(options));
    const find = async () => (await bus.find()).filter(({ owner }) => holdsWanted(owner, options));
    const streams = await find();
    if (options.since === 'now') await feed.skipExisting(streams);
    await print(feed, streams, printer);
    if (follow) await followFeed(feed, { streams, find, printer, logger, stop });
    printer.summarise();
  } finally {
    await bus.close();
  }
}

interface Following {
  streams: readonly BusStream[];
  readonly find: () => Promise<readonly BusStream[]>;
  readonly printer: EventPrinter;
  readonly logger: StderrLogger;
  readonly stop: AbortSignal;
}

async function print(feed: EntryFeed, streams: readonly BusStream[], printer: EventPrinter) {
  if (printer.isDone) return;
  for await (const entry of feed.entries(streams)) {
    await printer.take(entry);
    if (printer.isDone) return;
  }
}

async function followFeed(feed: EntryFeed, following: Following): Promise<void> {
  const { printer, logger, find, stop } = following;
  let nextSearch = clock.now() + SEARCH_MS;
  while (!printer.isDone) {
    try {
      const untilSearch = AbortSignal.timeout(Math.max(0, nextSearch - clock.now()));
      await feed.whenMore(following.streams, AbortSignal.any([stop, untilSearch]));
      if (stop.aborted) return;
      if (untilSearch.aborted) {
        following.streams = await find();
        nextSearch = clock.now() + SEARCH_MS;
      }
      await print(feed, following.streams, printer);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      logger.write('debug', error.message);
      await delay(RETRY_MS, undefined, { signal: stop }).catch(() => undefined);
    }
  }
}

/** From where to where to read, as entry ids. */
export function rangeOf({ nativeId, since, until }: InspectOptions): [start: string, end: string] {
  if (nativeId !== undefined) return [nativeId, nativeId];
  return [
    rangeStart(since === 'now' ? 'beginning' : (since ?? 'beginning')),
    rangeEnd(until ?? 'end'),
  ];
}
