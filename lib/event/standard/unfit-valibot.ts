import type { StandardSchemaV1 } from '@standard-schema/spec';
import { converterOf } from './published-form.js';
import type { Unfit } from './unfit.js';

/** Valibot counts these among its transformations. They change types, no values. */
const HARMLESS = new Set(['brand', 'flavor', 'readonly', 'guard']);
const UNCARRIED: Readonly<Record<string, string>> = {
  date: 'a Date',
  map: 'a Map',
  set: 'a Set',
  bigint: 'a bigint',
  symbol: 'a symbol',
  nan: 'NaN',
  file: 'a file',
  blob: 'a Blob',
  function: 'a function',
  promise: 'a promise',
  instance: 'an instance of a class',
};
/** Where schemas and actions hold others, by whether these are about items. */
const MEMBERS: Readonly<Record<string, boolean>> = {
  pipe: false,
  wrapped: false,
  options: false,
  item: true,
  items: true,
  rest: true,
  key: true,
  value: true,
};

type Node = Readonly<Record<string, unknown>>;

/** What of a valibot schema is unfit for an event; `undefined` where it does not say in full how it is made. */
export function findInValibot(schema: unknown): Unfit[] | undefined {
  const isWhole = isNode(schema);
  const found: Unfit[] = [];
  const seen = new Set<unknown>();
  for (const part of isWhole ? [schema] : partsOfWrapped(schema as StandardSchemaV1))
    visit(part, [], found, seen);
  return isWhole || found.length > 0 ? found : undefined;
}

/**
 * The schemas and actions, outermost first, of what `toStandardJsonSchema` has made of a schema. That shows them only to
 * those who look on while it converts.
 */
function partsOfWrapped(schema: StandardSchemaV1): unknown[] {
  const converter = converterOf(schema);
  const parts: unknown[] = [];
  const libraryOptions = {
    errorMode: 'ignore',
    overrideSchema: ({ valibotSchema }: Node) => void parts.unshift(valibotSchema),
    overrideAction: ({ valibotAction }: Node) => void parts.unshift(valibotAction),
  };
  try {
    converter?.input({ target: 'draft-07', libraryOptions });
    converter?.output({ target: 'draft-07', libraryOptions });
  } catch {
    // It says nothing more: that is told where it is published.
  }
  return parts;
}

function visit(node: unknown, path: readonly string[], found: Unfit[], seen: Set<unknown>): void {
  if (!isNode(node) || seen.has(node)) return;
  seen.add(node);
  const { kind, type, entries, getter } = node;
  const name = String(type);
  if (kind === 'transformation' && !HARMLESS.has(name)) {
    found.push({ path, what: `a transform (${name})`, how: 'changes' });
  }
  // In a lazy one both are functions of the schema.
  if (node.default !== undefined) found.push({ path, what: 'a default', how: 'changes' });
  if (node.fallback !== undefined) {
    found.push({ path, what: 'a value in place of an invalid one (fallback)', how: 'changes' });
  }
  if (kind === 'schema' && Object.hasOwn(UNCARRIED, name)) {
    found.push({ path, what: UNCARRIED[name] ?? '', how: 'uncarried' });
  }
  if (typeof getter === 'function')
    visit((getter as (input: unknown) => unknown)(undefined), path, found, seen);
  if (typeof entries === 'object' && entries !== null) {
    for (const [property, one] of Object.entries(entries))
      visit(one, [...path, property], found, seen);
  }
  for (const [member, isOfItems] of Object.entries(MEMBERS)) {
    const inside = isOfItems ? [...path, '[]'] : path;
    for (const one of [node[member]].flat()) visit(one, inside, found, seen);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'kind' in value;
}
