import { setFlagsFromString } from 'node:v8';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseGlob } from '../operations/glob.js';
import { parseJsonPath, type PayloadTest } from '../operations/json-path.js';
import { parseMoment } from '../operations/moment.js';
import { isEntryId } from '../wire/entry-id.js';
import type { InspectOptions } from './inspect/inspect-options.js';
import { parseVersionRange } from './inspect/version-range.js';
import { asArgument, configOption, logLevelOption, positiveInteger } from './options.js';

/** Adds `lightbus inspect`. */
export function addInspectCommand(program: Command): void {
  program
    .command('inspect')
    .description('Print events as they are stored, oldest first, whoever fired them')
    .option('-i, --id <id>', 'events with this Lightbus id')
    .addOption(nativeIdOption())
    .option('--correlation-id <id>', 'events with this correlation id')
    .addOption(traceOption())
    .option('-a, --api <name>', "events of this API; '*' stands for any text", parseGlob)
    .option('-e, --event <name>', "events of this name; '*' stands for any text", parseGlob)
    .option(
      '-v, --version <version>',
      "events stored with this version: 2, '<3', '>=2'",
      parseVersionRange,
    )
    .option(
      '-j, --json-path <path=value>',
      'events whose payload has this value: address.city=London, lines.0.sku=x, lines.*.sku=x',
      (text, also?: PayloadTest) => asArgument(() => parseJsonPath(text, also)),
    )
    .option(
      '--since <moment>',
      'from here on: 10m, 2h, 3d (ago), an ISO date (UTC), an entry id, now',
      (text) => asArgument(() => parseMoment(text)),
    )
    .addOption(untilOption())
    .option('--limit <count>', 'stop after so many events', positiveInteger)
    .addOption(
      new Option('-F, --format <format>', 'json: a line each; pretty: indented; human: to be read')
        .choices(['json', 'pretty', 'human'])
        .default('json'),
    )
    .option('-f, --follow', 'go on with new events as they are fired, until SIGINT')
    .option(
      '-I, --internal',
      "include Lightbus's own APIs, internal.*, without naming them by --api",
    )
    .addOption(configOption())
    .addOption(logLevelOption('info'))
    .addHelpText(
      'after',
      `
All conditions must hold. What is on a stream and is no event is named on standard error.
Versions and payloads are those that are stored: no upcaster of an application is called.
--trace reads all streams of the bus, several times where it has to, and keeps nothing but the events that it prints; --since
and --until narrow it down. An event whose cause is not there (any more) begins a tree of its own.
In a pipe, --follow notices that nobody reads any more when it prints the next event; --limit ends
it by itself.

Example:
  $ lightbus inspect --api 'store.*' --json-path customer=ada@example.com --since 2d --format human
  $ lightbus inspect --trace 8f1f1b5e-43f3-4b0c-9f6f-0c2bb2b7b3aa`,
    )
    .action(async (options: InspectOptions, command: Command) => {
      // No entry outlives its page: room for young objects that grows, to 48 MB, would gain nothing.
      setFlagsFromString('--semi-space-growth-factor=1');
      if (options.trace === undefined) {
        const { inspect } = await import('./inspect/inspect.js');
        await inspect(options);
        return;
      }
      const { inspectTrace } = await import('./inspect/inspect-trace.js');
      const isChosen = command.getOptionValueSource('format') !== 'default';
      await inspectTrace(options.trace, isChosen ? options : { ...options, format: 'human' });
    });
}

function traceOption(): Option {
  return new Option(
    '--trace <id>',
    'print as a tree what has caused what, of all events that belong to this Lightbus id or correlation id',
  ).conflicts([
    ...['id', 'nativeId', 'correlationId', 'api', 'event', 'version', 'jsonPath'],
    ...['limit', 'follow', 'internal'],
  ]);
}

function nativeIdOption(): Option {
  return new Option('-n, --native-id <id>', 'the event with this Redis entry id: 1700000000000-0')
    .argParser((text) => {
      if (isEntryId(text)) return text;
      throw new InvalidArgumentError('Expected an entry id such as 1700000000000-0.');
    })
    .conflicts(['since', 'until', 'follow']);
}

function untilOption(): Option {
  return new Option('--until <moment>', 'up to here, this moment included; as --since')
    .argParser((text) => {
      const moment = asArgument(() => parseMoment(text));
      return moment === 'now' ? new Date() : moment;
    })
    .conflicts('follow');
}
