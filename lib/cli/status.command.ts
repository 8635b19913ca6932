import { InvalidArgumentError, type Command } from 'commander';
import { parseGlob } from '../operations/glob.js';
import { configOption, logLevelOption } from './options.js';
import type { StatusOptions } from './status/status-options.js';

/** Seconds between two looks if `--watch` names none. */
const DEFAULT_INTERVAL_S = 2;

/** Adds `lightbus status`. */
export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .description('Show streams, and how far each listener has come')
    .option('-a, --api <name>', "streams of this API; '*' stands for any text", parseGlob)
    .option('--json', 'print JSON; with --watch one line each time')
    .option(
      '-w, --watch [seconds]',
      `look again every so often (${DEFAULT_INTERVAL_S} s)`,
      parseSeconds,
    )
    .addOption(configOption())
    .addOption(logLevelOption('info'))
    .addHelpText(
      'after',
      `
Undelivered is what a listener has not been given yet. It is counted up to 10000; '10000+' is more
than that. Nothing is changed on Redis.

Example:
  $ lightbus status --api 'store.*' --watch 5`,
    )
    .action(async (options: StatusOptions) => {
      const { showStatus } = await import('./status/show-status.js');
      const seconds = options.watch === true ? DEFAULT_INTERVAL_S : options.watch;
      await showStatus(options, seconds === undefined ? undefined : seconds * 1000);
    });
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && seconds > 0 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError('Expected seconds, more than 0 and at most 86400.');
}
