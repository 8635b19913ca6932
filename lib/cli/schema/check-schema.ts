import { readFile } from 'node:fs/promises';
import {
  compareEvent,
  type EventComparison,
} from '../../schema/compatibility/event-compatibility.js';
import { isRecord } from '../../event/schema/json-value.js';
import { own } from '../../schema/compatibility/schema-value.js';
import { ownEvent } from '../../schema/publication/own-event.js';
import { parse } from '../../wire/json-reader.js';
import { CommandError, EXIT } from '../command-error.js';
import { Output } from '../output.js';
import type { DumpSchemaOptions } from './dump-schema-options.js';
import { ownDefinitions } from './own-definitions.js';

/**
 * `lightbus dumpschema --check`: what of the application's events has changed since a dump was made. Asks no Redis.
 *
 * @returns the exit code: 1 where a change breaks somebody.
 * @throws CommandError where there is no application, or the file can't be read.
 */
export async function checkSchema(file: string, { bus }: DumpSchemaOptions): Promise<number> {
  const dump = await readDump(file);
  const events = (await ownDefinitions(bus)).map((definition) => ({
    ...ownEvent(definition),
    before: own(own(own(dump, definition.apiName), 'events'), definition.eventName),
  }));
  const known = events.filter(({ before }) => before !== undefined);
  const compared = known.map(
    (event) => [event.canonicalName, compareEvent(event.before, event)] as const,
  );
  const broken = compared.filter(([, { isCompatible }]) => !isCompatible).length;
  const lines = compared.flatMap(([name, found]) => describe(name, found));
  const isNew = events.length - known.length;
  lines.push(
    `${known.length} of ${events.length} events compared with ${file}` +
      `${isNew > 0 ? ` (${isNew} not in it)` : ''}: ${broken === 0 ? 'all compatible' : `${broken} not compatible`}.`,
  );
  await new Output(process.stdout).write(`${lines.join('\n')}\n`);
  return broken === 0 ? EXIT.done : EXIT.failed;
}

function describe(name: string, { changes, isCompatible, versions }: EventComparison): string[] {
  if (changes.length === 0) return [];
  const verdict = isCompatible
    ? `compatible: version ${versions[1]} has upcasters for all before, from version ${versions[0]} on`
    : 'not compatible';
  return [
    `${name}: ${verdict}`,
    ...changes.map(({ inWords, breaks }) =>
      isCompatible
        ? `  ${inWords}`
        : `  ${inWords} (breaks ${breaks === 'both' ? 'old events and old readers' : breaks})`,
    ),
  ];
}

async function readDump(file: string): Promise<Readonly<Record<string, unknown>>> {
  let dump: unknown;
  try {
    dump = parse(await readFile(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${file} can't be read as a dump of schemas: ${reason}`, {
      cause: error,
    });
  }
  const isApi = (api: unknown) => isRecord(own(api, 'events'));
  if (isRecord(dump) && Object.values(dump).every(isApi)) return dump;
  throw new CommandError(
    `${file} is no dump of schemas: an object of APIs by name is expected, each with its events, as ` +
      "'lightbus dumpschema --out file.json' writes it.",
  );
}
