import { printable } from '../../wire/printable.js';
import { typesOf } from './alternatives.js';
import { obstacles, type Obstacle } from './inclusion.js';
import { isSame } from '../../event/schema/json-equality.js';
import { isJsonObject } from '../../event/standard/json-object.js';
import { asSchema, isAnnotation, own, type AnySchema } from './schema-value.js';

/**
 * Whom a change breaks.
 *
 * - `'old events'`: some that satisfied the old schema, and history keeps all of them, do not satisfy the new one.
 * - `'old readers'`: some new events are none that a reader written for the old schema expects.
 */
export type Breaks = 'old readers' | 'old events' | 'both';

/** One difference of two schemas that breaks somebody. */
export interface SchemaChange {
  /** Where, in the parameters: `customer.address.zip`, `lines[].sku`; `''` for the parameters as a whole. */
  readonly path: string;
  /** The keyword that has changed; `'removed'` for a property that is gone; `''` where it can't be told. */
  readonly change: string;
  readonly breaks: Breaks;
  /** What has changed, in words. */
  readonly inWords: string;
}

/**
 * Compares two JSON Schemas (draft 7) of an event's parameters. Every change that may break somebody is listed: what can't
 * be proven harmless is. An added property that need not be there is none: who reads ignores what it does not know, as our
 * listeners do, or validates by what is published now, as Python's do.
 *
 * @param before the schema that was published.
 * @param after the one that is to be.
 * @returns no change where all old events satisfy the new schema, and all new ones the old schema, properties that it does
 *   not know left out.
 */
export function compareSchemas(before: unknown, after: unknown): SchemaChange[] {
  try {
    return compare(asSchema(before), asSchema(after));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [describe('old events', TOO_DEEP, { old: true, now: true })].map((one) => ({
      ...one,
      breaks: 'both',
    }));
  }
}

/** Schemas may be nested deeper than the call stack. */
const TOO_DEEP: Obstacle = { path: [], keyword: '', wanted: undefined, said: undefined };

function compare(old: AnySchema, now: AnySchema): SchemaChange[] {
  if (isSame(old, now)) return [];
  const ofEvents = obstacles({ inner: old, outer: now, ignoresUnknown: false });
  const ofReaders = obstacles({ inner: now, outer: old, ignoresUnknown: true });
  const changes = new Map<string, SchemaChange>();
  const add = (breaks: Exclude<Breaks, 'both'>, one: Obstacle) => {
    const change = describe(breaks, one, { old, now });
    const key = JSON.stringify([change.path, change.change]);
    const other = changes.get(key);
    const both = other && other.breaks !== breaks;
    changes.set(key, both ? { ...other, breaks: 'both' } : (other ?? change));
  };
  for (const one of ofEvents) add('old events', one);
  for (const one of ofReaders) add('old readers', one);
  return [...changes.values()];
}

/** The changes as one text, each with what it breaks; for logs. */
export function describeChanges(changes: readonly SchemaChange[]): string {
  return changes.map(({ inWords, breaks }) => `${inWords} (breaks ${nameOf(breaks)})`).join('; ');
}

function nameOf(breaks: Breaks): string {
  return breaks === 'both' ? 'old events and old readers' : breaks;
}

function describe(
  breaks: Exclude<Breaks, 'both'>,
  { path, keyword, wanted, said }: Obstacle,
  { old, now }: { readonly old: AnySchema; readonly now: AnySchema },
): SchemaChange {
  const isOfEvents = breaks === 'old events';
  const change = (text: string, at: readonly string[], kind = keyword): SchemaChange => {
    const where = pathOf(at);
    const name = where === '' ? 'the parameters' : `'${where}'`;
    return { path: where, change: kind, breaks, inWords: printable(`${name}: ${text}`) };
  };
  if (keyword === '') return change('the schemas are too complicated to be compared', path);
  if (keyword === 'required' && typeof wanted === 'string') {
    const at = [...path, wanted];
    const isKnown = isNamedIn(now, at);
    if (isOfEvents)
      return change(isNamedIn(old, at) ? 'is required now' : 'is new, and required', at);
    return isKnown
      ? change('need not be there any more', at)
      : change('was removed', at, 'removed');
  }
  if (keyword === 'additionalProperties' && isOfEvents) {
    return typeof wanted === 'string'
      ? change('was removed', [...path, wanted], 'removed')
      : change('properties that are not named are refused now', path);
  }
  if (keyword === 'type' || keyword === 'anyOf') {
    const [was, is] = [typeAt(old, path), typeAt(now, path)];
    if (was !== undefined && is !== undefined && was !== is)
      return change(`type was ${was}, and is ${is}`, path);
  }
  const [was, is] = isOfEvents ? [said, wanted] : [wanted, said];
  return change(`${keyword} was ${textOf(was)}, and is ${textOf(is)}`, path);
}

/** Whether a schema names a property, as far as that is seen without taking alternatives apart. */
function isNamedIn(root: AnySchema, path: readonly string[]): boolean {
  let schema: unknown = root;
  for (const step of path) {
    schema = step === '[]' ? own(schema, 'items') : own(own(schema, 'properties'), step);
    if (schema === undefined) return false;
  }
  return true;
}

/** All types that a schema allows at a place, as far as that is seen without taking alternatives apart. */
function typeAt(root: AnySchema, path: readonly string[]): string | undefined {
  let schema: unknown = root;
  for (const step of path) {
    schema = step === '[]' ? own(schema, 'items') : own(own(schema, 'properties'), step);
  }
  const types = typesIn(schema);
  return types && [...new Set(types)].join(' or ');
}

function typesIn(schema: unknown): string[] | undefined {
  if (!isJsonObject(schema)) return undefined;
  if (Object.keys(schema).every(isAnnotation)) return ['anything'];
  if (Array.isArray(schema.anyOf)) {
    const types = schema.anyOf.map(typesIn);
    return types.includes(undefined) ? undefined : types.flatMap((one) => one ?? []);
  }
  return typesOf(schema.type)?.map((type) => JSON.stringify(type));
}

function pathOf(path: readonly string[]): string {
  return path.reduce(
    (text, step) => (step === '[]' || text === '' ? text + step : `${text}.${step}`),
    '',
  );
}

/** Texts of more than this say no more to anybody. */
const LONGEST = 120;

function textOf(value: unknown): string {
  if (value === undefined) return 'not there';
  const text = JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'bigint' ? String(one) : one,
  );
  if (isJsonObject(value) && text.length > LONGEST) return 'another schema';
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
