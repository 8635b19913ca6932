import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../../event/reason.js';
import type { BusSchema } from '../../schema/bus-schema.js';
import { asApiSchema } from '../../schema/publication/published-text.js';
import { parse } from '../../wire/json-reader.js';
import { WrongUseError } from '../command-error.js';

/**
 * Schemas from a file, or from the `.json` files of a folder, as `lightbus dumpschema` writes them: by API.
 *
 * @param option of the command line that names it, for errors.
 * @throws WrongUseError where one can't be read, or is no schema; and where a folder has none.
 */
export function readDump(path: string, option: string): BusSchema {
  const files = filesAt(path, option);
  if (files.length === 0) {
    throw new WrongUseError(`The folder ${path} has no .json file with schemas (${option}).`);
  }
  return Object.fromEntries(files.flatMap((file) => Object.entries(readOne(file, option))));
}

function filesAt(path: string, option: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => name.endsWith('.json'));
    return names.sort().map((name) => join(path, name));
  } catch (error) {
    const reason = reasonOf(error);
    throw new WrongUseError(`No schemas can be read from ${path} (${option}): ${reason}.`, {
      cause: error,
    });
  }
}

function readOne(file: string, option: string): BusSchema {
  let value: unknown;
  try {
    value = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = reasonOf(error);
    throw new WrongUseError(`The schemas of ${file} can't be read (${option}): ${reason}.`, {
      cause: error,
    });
  }
  const apis =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { value };
  const schemas = Object.entries(apis).map(([name, api]) => [name, asApiSchema(api)] as const);
  if (schemas.every(([, schema]) => schema !== undefined))
    return Object.fromEntries(schemas) as BusSchema;
  throw new WrongUseError(
    `${file} holds no schemas (${option}). Expected what 'lightbus dumpschema' writes: ` +
      '{"<api>": {"events": {...}, "rpcs": {...}}}.',
  );
}
