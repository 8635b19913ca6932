import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../../event/reason.js';
import type { BusSchema } from '../../schema/bus-schema.js';
import { asApiSchema } from '../../schema/parse-api-schema.js';
import { parse } from '../../wire/json-reader.js';
import { CommandError } from '../command-error.js';

/**
 * Schemas from a file, or from the `.json` files of a folder, as `lightbus dumpschema` writes them: by API.
 *
 * @throws CommandError where one can't be read, or is no schema; and where a folder has none.
 */
export function loadSchemas(path: string): BusSchema {
  const files = filesAt(path);
  if (files.length === 0) {
    throw new CommandError(`The folder ${path} has no .json file with schemas (--schema).`);
  }
  return Object.fromEntries(files.flatMap((file) => Object.entries(loadFile(file))));
}

function filesAt(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => name.endsWith('.json'));
    return names.sort().map((name) => join(path, name));
  } catch (error) {
    throw new CommandError(`No schemas can be read from ${path} (--schema): ${reasonOf(error)}.`, {
      cause: error,
    });
  }
}

function loadFile(file: string): BusSchema {
  let value: unknown;
  try {
    value = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CommandError(`The schemas of ${file} can't be read (--schema): ${reasonOf(error)}.`, {
      cause: error,
    });
  }
  const apis = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  const schemas = Object.entries(apis).map(([name, api]) => [name, asApiSchema(api)] as const);
  if (schemas.length > 0 && schemas.every(([, schema]) => schema !== undefined))
    return Object.fromEntries(schemas) as BusSchema;
  throw new CommandError(
    `${file} holds no schemas (--schema). Expected what 'lightbus dumpschema' writes: ` +
      '{"<api>": {"events": {...}, "rpcs": {...}}}.',
  );
}
