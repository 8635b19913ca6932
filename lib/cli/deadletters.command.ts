import { Option, type Command } from 'commander';
import type {
  DeadLettersOptions,
  DiscardOptions,
  ListOptions,
} from './dead-letters/dead-letters-options.js';
import { configOption, logLevelOption, positiveInteger } from './options.js';

/** Adds `lightbus deadletters list|redrive|discard`. */
export function addDeadLettersCommand(program: Command): void {
  const command = program
    .command('deadletters')
    .description('Show the events that a listener has given up, hand them out again or remove them')
    .addHelpText(
      'after',
      `
Letters are told by the ids that 'list' prints, errors by those of 'list --by error'. Workers that are
waiting take a redriven event up at once, before newer ones. The original entries stay in their
streams in any case.

Example:
  $ lightbus deadletters redrive charge --service-name=store`,
    );
  add(command, 'list', '', 'Print dead letters', [
    'list charge --service-name=store --limit 10',
    'list charge --service-name=store --by error',
  ])
    .addOption(
      new Option(
        '--format <format>',
        'human: for people, a page at a time; json: a line of JSON each (default: human on a terminal, else json)',
      ).choices(['human', 'json']),
    )
    .addOption(
      new Option('--by <what>', 'count them by what they have in common').choices(['error']),
    )
    .option('--after <id>', 'those that follow the letter of this id')
    .option('--limit <number>', 'so many at most (default: 10 for people)', positiveInteger)
    .action(async (listener: string, options: ListOptions) => {
      const { listDeadLetters } = await import('./dead-letters/list-dead-letters.js');
      await listDeadLetters(listener, options);
    });
  add(command, 'redrive', '[ids...]', 'Hand dead letters to the listener again; without ids all', [
    'redrive charge 1700000000000-0 --service-name=store',
    'redrive charge --error 3f2a91c04be1 --service-name=store',
  ]).action(async (listener: string, ids: string[], options: DeadLettersOptions) => {
    const { redriveLetters } = await import('./dead-letters/dead-letters.js');
    await redriveLetters(listener, ids, options);
  });
  add(command, 'discard', '[ids...]', 'Remove dead letters for good', [
    'discard charge 1700000000000-0 --service-name=store',
    'discard charge --event order_placed --service-name=store',
  ])
    .option('-y, --yes', 'ask nobody before those of an error or an event are removed')
    .action(async (listener: string, ids: string[], options: DiscardOptions) => {
      const { discardLetters } = await import('./dead-letters/dead-letters.js');
      await discardLetters(listener, ids, options);
    });
}

function add(
  command: Command,
  name: string,
  ids: string,
  description: string,
  examples: readonly string[],
): Command {
  const lines = examples.map((example) => `  $ lightbus deadletters ${example}`);
  return command
    .command(`${name} <listener> ${ids}`.trim())
    .description(description)
    .option('--error <id>', "only those of this error, by its id of 'list --by error'")
    .option('--event <name>', 'only those of this event: its name, or <api>.<name>')
    .option('-s, --service-name <name>', "first half of the consumer group's name")
    .addOption(configOption())
    .addOption(logLevelOption('info'))
    .addHelpText('after', `\nExample:\n${lines.join('\n')}`);
}
