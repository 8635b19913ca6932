import type { BusSchema } from '../../schema/bus-schema.js';
import {
  compareEvent,
  type EventComparison,
} from '../../schema/compatibility/event-compatibility.js';
import { own } from '../../schema/compatibility/schema-value.js';
import { ownEvent } from '../../schema/publication/own-event.js';
import { printable } from '../../wire/printable.js';
import { EXIT } from '../command-error.js';
import { Output } from '../output.js';
import type { DumpSchemaOptions } from './dump-schema-options.js';
import { ownDefinitions } from './own-definitions.js';
import { readDump } from './read-dump.js';

/**
 * `lightbus dumpschema --check`: what of the application's events has changed since a dump was made. Asks no Redis.
 *
 * @param path a file, or a folder with one for each API.
 * @returns the exit code: 1 where a change breaks somebody.
 * @throws CommandError where there is no application; WrongUseError where the dump can't be read.
 */
export async function checkSchema(path: string, { bus }: DumpSchemaOptions): Promise<number> {
  const dump = readDump(path, '--check');
  const definitions = await ownDefinitions(bus);
  const events = definitions.map((definition) => ({
    ...ownEvent(definition),
    before: own(own(own(dump, definition.apiName), 'events'), definition.eventName),
  }));
  const known = events.filter(({ before }) => before !== undefined);
  const compared = known.map(
    (event) => [event.canonicalName, compareEvent(event.before, event)] as const,
  );
  const broken = compared.filter(([, { isCompatible }]) => !isCompatible).length;
  const lines = compared.flatMap(([name, found]) => describe(name, found));
  const apiNames = new Set(definitions.map(({ apiName }) => apiName));
  const names = new Set(definitions.map(({ canonicalName }) => canonicalName));
  lines.push(...othersOf(dump, apiNames, names));
  const isNew = events.length - known.length;
  lines.push(
    `${known.length} of ${events.length} events compared with ${path}` +
      `${isNew > 0 ? ` (${isNew} not in it)` : ''}: ${verdict(known.length, broken)}.`,
  );
  await new Output(process.stdout).write(`${lines.join('\n')}\n`);
  return broken === 0 ? EXIT.done : EXIT.failed;
}

function verdict(compared: number, broken: number): string {
  if (compared === 0) return 'there was nothing to compare';
  return broken === 0 ? 'all compatible' : `${broken} not compatible`;
}

/** Events of the application's APIs that only the dump has. Nobody but their owner knows whether they are gone. */
function othersOf(
  dump: BusSchema,
  apiNames: ReadonlySet<string>,
  names: ReadonlySet<string>,
): string[] {
  const others = Object.entries(dump).flatMap(([apiName, { events }]) =>
    apiNames.has(apiName) ? Object.keys(events).map((name) => `${apiName}.${name}`) : [],
  );
  return others
    .filter((name) => !names.has(name))
    .map((name) => `${printable(name)}: not registered here: another service's, or removed`);
}

function describe(name: string, { changes, isCompatible, versions }: EventComparison): string[] {
  if (changes.length === 0) return [];
  const outcome = isCompatible
    ? `compatible: version ${versions[1]} has upcasters for all before, from version ${versions[0]} on`
    : 'not compatible';
  return [
    `${name}: ${outcome}`,
    ...changes.map(({ inWords, breaks }) =>
      isCompatible
        ? `  ${inWords}`
        : `  ${inWords} (breaks ${breaks === 'both' ? 'old events and old readers' : breaks})`,
    ),
  ];
}
