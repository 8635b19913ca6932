import type { Command } from 'commander';
import { parseGlob } from '../operations/glob.js';
import { configOption, logLevelOption } from './options.js';
import type { RetireOptions } from './retire/retire-options.js';

/** Adds `lightbus retire`. */
export function addRetireCommand(program: Command): void {
  program
    .command('retire <listener>')
    .description('Remove a listener that no code has any more')
    .option('-s, --service-name <name>', "first half of the consumer group's name")
    .option('-a, --api <name>', "on streams of this API only; '*' stands for any text", parseGlob)
    .option('--with-dead-letters', 'remove its dead letters, too; otherwise they are kept')
    .option(
      '--consumers',
      'remove only those of its consumers that hold no event and that no process uses',
    )
    .option('-y, --yes', 'ask nobody')
    .addOption(configOption())
    .addOption(logLevelOption('info'))
    .addHelpText(
      'after',
      `
Shows first what would be left unhandled, and asks. Refused while a worker of the listener lives. The
events stay in their streams. A listener of the same name that comes back begins as a new one.
Consumers of other clients (Python) count as in use until they have been idle for 5 minutes.

Example:
  $ lightbus retire reserve_stock --service-name=store`,
    )
    .action(async (listener: string, options: RetireOptions) => {
      const { retire } = await import('./retire/retire.js');
      await retire(listener, options);
    });
}
