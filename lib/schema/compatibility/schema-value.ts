import { isJsonObject, type JsonObject } from '../../event/standard/json-object.js';

/** A JSON Schema as anybody may have written it. */
export type AnySchema = boolean | SchemaObject;

/** One that is an object: keywords that nobody has checked. */
export type SchemaObject = JsonObject;

/** Keywords that say something to readers, and nothing to validators; definitions are nothing until they are referred to. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  ...['$schema', '$comment', 'title', 'description', 'default', 'examples', 'definitions', '$defs'],
  ...['readOnly', 'writeOnly', 'deprecated', 'contentEncoding', 'contentMediaType'],
]);

/** Whether a keyword has no say in what is valid. */
export function isAnnotation(keyword: string): boolean {
  return ANNOTATIONS.has(keyword);
}

/** A schema of anything: what is none accepts everything. */
export function asSchema(value: unknown): AnySchema {
  return typeof value === 'boolean' || isJsonObject(value) ? value : true;
}

/** Own value of a key; `undefined` where there is none. */
export function own(object: unknown, key: string): unknown {
  return isJsonObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** What a reference within a document leads to; `undefined` where it leads nowhere, or out of it. */
export function resolve(root: AnySchema, reference: unknown): AnySchema | undefined {
  if (typeof reference !== 'string') return undefined;
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return undefined;
  let target: unknown = root;
  for (const step of reference.slice(2).split('/')) {
    target = own(target, unescape(step));
    if (target === undefined) return undefined;
  }
  return typeof target === 'boolean' || isJsonObject(target) ? target : undefined;
}

function unescape(step: string): string {
  const plain = step.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

/** Every `$ref` in it, at any depth. */
export function referencesIn(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    key === '$ref' ? [item] : referencesIn(item),
  );
}
