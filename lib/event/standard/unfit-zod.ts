import type { Unfit } from './unfit.js';

/** What zod (4 and later) keeps of a schema. */
interface ZodDefinition {
  readonly type?: string;
  readonly check?: string;
  readonly coerce?: boolean;
  readonly normalize?: boolean;
  readonly transform?: unknown;
  readonly getter?: unknown;
  readonly checks?: readonly unknown[];
  readonly [member: string]: unknown;
}

const CHANGES: Readonly<Record<string, string>> = {
  transform: 'a transform or preprocess',
  default: 'a default',
  prefault: 'a default (prefault)',
  catch: 'a value in place of an invalid one (catch)',
  success: 'a transform (success)',
};
const UNCARRIED: Readonly<Record<string, string>> = {
  date: 'a date',
  map: 'a Map',
  set: 'a Set',
  bigint: 'a bigint',
  symbol: 'a symbol',
  nan: 'NaN',
  file: 'a file',
  function: 'a function',
  promise: 'a promise',
};
/** Schemas in these are no places of a value. */
const NO_PLACES = new Set(['parts', 'checks', 'getter', 'keyType']);

/** What of a zod schema is unfit for an event; `undefined` where it is of a zod that keeps it elsewhere. */
export function findInZod(schema: unknown): Unfit[] | undefined {
  if (!definitionOf(schema)) return undefined;
  const found: Unfit[] = [];
  visit(schema, [], found, new Set());
  return found;
}

function definitionOf(schema: unknown): ZodDefinition | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  return (schema as { _zod?: { def?: ZodDefinition } })._zod?.def;
}

function visit(schema: unknown, path: readonly string[], found: Unfit[], seen: Set<unknown>): void {
  const definition = definitionOf(schema);
  if (!definition || seen.has(definition)) return;
  seen.add(definition);
  const { type = '' } = definition;
  for (const what of changesOf(definition)) found.push({ path, what, how: 'changes' });
  const uncarried = Object.hasOwn(UNCARRIED, type) ? UNCARRIED[type] : undefined;
  if (uncarried !== undefined) found.push({ path, what: uncarried, how: 'uncarried' });
  if (uncarried !== undefined) return;
  if (type === 'lazy' && typeof definition.getter === 'function') {
    visit((definition.getter as () => unknown)(), path, found, seen);
  }
  for (const member of Object.keys(definition)) {
    if (NO_PLACES.has(member)) continue;
    const value = definition[member];
    if (definitionOf(value)) visit(value, placeOf(member, path), found, seen);
    else if (Array.isArray(value)) {
      value.forEach((one) => visit(one, placeOf(member, path), found, seen));
    } else if (member === 'shape' && typeof value === 'object' && value !== null) {
      for (const [name, one] of Object.entries(value)) visit(one, [...path, name], found, seen);
    }
  }
  // What changes keys changes values, too.
  visit(definition.keyType, [...path, '(names)'], found, seen);
}

const OF_ITEMS = new Set(['element', 'valueType', 'items', 'rest', 'catchall']);

function placeOf(member: string, path: readonly string[]): readonly string[] {
  return OF_ITEMS.has(member) ? [...path, '[]'] : path;
}

function changesOf(definition: ZodDefinition): string[] {
  const { type = '', coerce, transform, normalize, checks = [] } = definition;
  const changes: string[] = [];
  if (Object.hasOwn(CHANGES, type)) changes.push(CHANGES[type] ?? '');
  if (coerce === true) changes.push('coercion');
  // A codec.
  if (type === 'pipe' && typeof transform === 'function') changes.push('a transform (codec)');
  const all = [definition, ...checks.map(definitionOf)];
  if (all.some((each) => each?.check === 'overwrite')) {
    changes.push('a transform (trim, toLowerCase, overwrite and the like)');
  }
  if (normalize === true || all.some((each) => each?.normalize === true))
    changes.push('normalisation');
  return [...new Set(changes)];
}
