import { setTimeout as delay } from 'node:timers/promises';
import { TransportError } from '../../errors.js';
import { connectionOptions } from '../../redis/connection-options.js';
import { StreamInspector } from '../../operations/stream-inspector.js';
import type { EventStore } from '../../store/event-store.js';
import { BusStreams, readConfig, type BusStream } from '../bus-streams.js';
import { whenInterrupted } from '../interrupted.js';
import { Output } from '../output.js';
import { StderrLogger } from '../stderr-logger.js';
import { formatStatus } from './format-status.js';
import type { StatusOptions } from './status-options.js';
import { toStreamStatus, type StreamStatus } from './stream-status.js';

/** Moves a terminal's cursor to the top left and clears what was there. */
const CLEAR = '\x1b[H\x1b[2J\x1b[3J';

/** Wide enough for every line where no terminal sets a width. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/**
 * `lightbus status`: looks at all streams and their consumer groups.
 *
 * @param intervalMs looks again after so many milliseconds, until SIGINT; once if undefined.
 * @throws ConfigurationError, CommandError; `TransportError` where Redis can't be read, unless it
 *   looks again.
 */
export async function showStatus(
  options: StatusOptions,
  intervalMs: number | undefined,
): Promise<void> {
  const logger = new StderrLogger(options.logLevel ?? 'warning');
  const watches = intervalMs !== undefined;
  const output = new Output(process.stdout);
  const status = new Status(new BusStreams(await readConfig(options, logger), logger, watches));
  try {
    if (!watches) {
      await output.write(render(await status.read(options), options, false));
      return;
    }
    const stop = AbortSignal.any([whenInterrupted(), output.closed]);
    while (!stop.aborted) {
      try {
        await output.write(render(await status.read(options), options, true));
      } catch (error) {
        if (!(error instanceof TransportError)) throw error;
        logger.write('error', error.message);
      }
      await delay(intervalMs, undefined, { signal: stop }).catch(() => undefined);
    }
  } finally {
    await status.close();
  }
}

class Status {
  private readonly inspectors = new Map<EventStore, StreamInspector>();

  constructor(private readonly bus: BusStreams) {}

  async read({ api }: StatusOptions): Promise<StreamStatus[]> {
    const streams = (await this.bus.find()).filter(({ owner }) => api?.test(owner.apiName) ?? true);
    const found = await Promise.all(
      streams.map(async (stream) => {
        const state = await this.inspectorOf(stream).inspect(stream.name);
        return state ? [toStreamStatus(stream, state)] : [];
      }),
    );
    return found.flat();
  }

  async close(): Promise<void> {
    const inspectors = [...this.inspectors.values()];
    await Promise.all([this.bus.close(), ...inspectors.map((inspector) => inspector.close())]);
  }

  private inspectorOf({ store, settings }: BusStream): StreamInspector {
    let inspector = this.inspectors.get(store);
    if (!inspector) {
      // What is wrong with the connection, the store beside it has logged.
      const logger = { log: () => undefined, error: () => undefined };
      inspector = new StreamInspector({ ...connectionOptions(settings), logger });
      this.inspectors.set(store, inspector);
    }
    return inspector;
  }
}

function render(
  streams: readonly StreamStatus[],
  { json }: StatusOptions,
  watches: boolean,
): string {
  if (json) return `${JSON.stringify({ streams }, undefined, watches ? 0 : 2)}\n`;
  const { isTTY, columns } = process.stdout;
  // A terminal without a size has 0 columns, as in many containers.
  const text = formatStatus(streams, (isTTY && columns) || UNLIMITED);
  if (!watches) return text;
  return isTTY ? CLEAR + text : `${text}\n`;
}
