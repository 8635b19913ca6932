import type { Command } from 'commander';
import type { DeadLettersOptions, ListOptions } from './dead-letters/dead-letters-options.js';
import { configOption, logLevelOption, positiveInteger } from './options.js';

/** Adds `lightbus deadletters list|redrive|discard`. */
export function addDeadLettersCommand(program: Command): void {
  const command = program
    .command('deadletters')
    .description('Show the events that a listener has given up, hand them out again or remove them')
    .addHelpText(
      'after',
      `
Letters are told by the ids that 'list' prints. Workers that are waiting take a redriven event up at
once, before newer ones. The original entries stay in their streams in any case.

Example:
  $ lightbus deadletters redrive charge --service-name=store`,
    );
  add(
    command,
    'list',
    '',
    'Print dead letters, a line of JSON each',
    'list charge --service-name=store --limit 10',
  )
    .option('--after <id>', 'those that follow the letter of this id')
    .option('--limit <number>', 'so many at most', positiveInteger)
    .action(async (listener: string, options: ListOptions) => {
      const { listDeadLetters } = await import('./dead-letters/dead-letters.js');
      await listDeadLetters(listener, options);
    });
  add(
    command,
    'redrive',
    '[ids...]',
    'Hand dead letters to the listener again; without ids all',
    'redrive charge 1700000000000-0 --service-name=store',
  ).action(async (listener: string, ids: string[], options: DeadLettersOptions) => {
    const { redriveLetters } = await import('./dead-letters/dead-letters.js');
    await redriveLetters(listener, ids, options);
  });
  add(
    command,
    'discard',
    '<ids...>',
    'Remove dead letters for good',
    'discard charge 1700000000000-0 --service-name=store',
  ).action(async (listener: string, ids: string[], options: DeadLettersOptions) => {
    const { discardLetters } = await import('./dead-letters/dead-letters.js');
    await discardLetters(listener, ids, options);
  });
}

function add(
  command: Command,
  name: string,
  ids: string,
  description: string,
  example: string,
): Command {
  return command
    .command(`${name} <listener> ${ids}`.trim())
    .description(description)
    .option('-s, --service-name <name>', "first half of the consumer group's name")
    .addOption(configOption())
    .addOption(logLevelOption('info'))
    .addHelpText('after', `\nExample:\n  $ lightbus deadletters ${example}`);
}
