import { setTimeout as delay } from 'node:timers/promises';
import { TransportError } from '../../errors.js';
import { BusStatus } from '../../operations/bus-status.js';
import type { StreamStatus } from '../../operations/stream-status.js';
import { whenInterrupted } from '../interrupted.js';
import { jsonText } from '../json-text.js';
import { openBus, readConfig } from '../open-bus.js';
import { Output } from '../output.js';
import { StderrLogger } from '../stderr-logger.js';
import { formatStatus } from './format-status.js';
import type { StatusOptions } from './status-options.js';

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
  const logger = new StderrLogger(options.logLevel);
  const watches = intervalMs !== undefined;
  const output = new Output(process.stdout);
  const status = new BusStatus(openBus(await readConfig(options, logger), logger, watches));
  try {
    if (!watches) {
      await output.write(render(await status.read(options.api), options, false));
      return;
    }
    const stop = AbortSignal.any([whenInterrupted(), output.closed]);
    while (!stop.aborted) {
      try {
        await output.write(render(await status.read(options.api), options, true));
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

function render(
  streams: readonly StreamStatus[],
  { json }: StatusOptions,
  watches: boolean,
): string {
  if (json) return `${jsonText({ streams }, watches ? 0 : 2)}\n`;
  const { isTTY, columns } = process.stdout;
  // A terminal without a size has 0 columns, as in many containers.
  const text = formatStatus(streams, (isTTY && columns) || UNLIMITED);
  if (!watches) return text;
  return isTTY ? CLEAR + text : `${text}\n`;
}
