import { setOwn } from '../own-properties.js';
import { isJsonObject, type JsonObject } from './json-object.js';

type Definitions = Readonly<Record<string, unknown>>;

/**
 * The same JSON Schema, closed: no object has properties that it does not name, unless it says that it may. (Libraries
 * leave that open, as they take such properties out; `fire` refuses them.) Where several schemas hold together, as in
 * `allOf`, all of their names are known.
 *
 * @param others what holds beside it.
 */
export function closedSchema(schema: JsonObject, others: readonly JsonObject[] = []): JsonObject {
  const { definitions: own = {}, ...first } = schema;
  const definitions: Record<string, unknown> = {};
  const all = [own, ...others.map((other) => other.definitions ?? {})] as Definitions[];
  for (const each of all) {
    for (const [name, definition] of Object.entries(each)) setOwn(definitions, name, definition);
  }
  const rest = others.map(({ definitions: _, ...other }) => other);
  const close = new Closing(definitions);
  const root = close.root(rest.length === 0 ? first : { type: 'object', allOf: [first, ...rest] });
  const closed = Object.entries(definitions).map(
    ([name, one]) => [name, close.schema(one)] as const,
  );
  return closed.length === 0 ? root : { ...root, definitions: Object.fromEntries(closed) };
}

class Closing {
  constructor(private readonly definitions: Definitions) {}

  /** The payload: an object. What it refers to is put in its place, as nothing may stand beside a reference. */
  root(node: JsonObject): JsonObject {
    const target = this.target(node);
    const closed = this.schema(target ?? node) as JsonObject;
    const isObject = closed.type === 'object' || this.isOfObjects(closed);
    return isObject ? { ...closed, type: 'object' } : closed;
  }

  /** A schema for a place of its own. */
  schema(node: unknown): unknown {
    if (!isJsonObject(node) || node.$ref !== undefined) return node;
    const names = this.namesOf(node, new Set());
    const isOpen = names === undefined || names.size === 0;
    const closed = this.parts(node, 'closed');
    if (node.properties === undefined && !isCombined(node)) return closed;
    if (node.properties === undefined && !Array.isArray(node.allOf)) return closed;
    if (node.additionalProperties !== undefined) return closed;
    if (!Array.isArray(node.allOf) && !isCombined(node))
      return { ...closed, additionalProperties: false };
    if (isOpen) return closed;
    const properties = { ...(closed.properties as JsonObject | undefined) };
    for (const name of names) {
      if (!Object.hasOwn(properties, name)) setOwn(properties, name, {});
    }
    return { ...closed, properties, additionalProperties: false };
  }

  private parts(node: JsonObject, mode: 'closed' | 'open'): JsonObject {
    const result: Record<string, unknown> = {};
    // One of several is closed itself, where nothing holds beside it.
    const isAlone = mode === 'closed' && node.properties === undefined && node.allOf === undefined;
    for (const [keyword, value] of Object.entries(node)) {
      if (keyword === 'allOf') result.allOf = this.open(value);
      else if (keyword === 'anyOf' || keyword === 'oneOf') {
        result[keyword] = isAlone
          ? (value as unknown[]).map((one) => this.schema(one))
          : this.open(value);
      } else if (keyword === 'properties') result.properties = this.named(value as JsonObject);
      else if (keyword === 'items') {
        result.items = Array.isArray(value)
          ? value.map((one) => this.schema(one))
          : this.schema(value);
      } else if (keyword === 'additionalItems' || keyword === 'additionalProperties') {
        result[keyword] = this.schema(value);
      } else result[keyword] = value;
    }
    return result;
  }

  private named(schemas: JsonObject): JsonObject {
    const result = {};
    for (const [name, schema] of Object.entries(schemas)) setOwn(result, name, this.schema(schema));
    return result;
  }

  /** Schemas that hold for one place together with others: those say what else there may be. */
  private open(nodes: unknown): unknown[] {
    return (nodes as unknown[]).map((node) => {
      const target = isJsonObject(node) ? (this.target(node) ?? node) : node;
      if (!isJsonObject(target)) return target;
      const { additionalProperties, ...parts } = this.parts(target, 'open');
      return additionalProperties === undefined || additionalProperties === false
        ? parts
        : { ...parts, additionalProperties };
    });
  }

  /** All names that an object may have; `undefined` where it may have any. */
  private namesOf(node: unknown, seen: Set<unknown>): Set<string> | undefined {
    if (!isJsonObject(node)) return undefined;
    // Its names are counted already.
    if (seen.has(node)) return new Set();
    seen.add(node);
    const target = this.target(node);
    if (target) return this.namesOf(target, seen);
    if (node.additionalProperties !== undefined && node.additionalProperties !== false)
      return undefined;
    const branches = ['allOf', 'anyOf', 'oneOf'].flatMap(
      (keyword) => (node[keyword] ?? []) as unknown[],
    );
    if (node.properties === undefined && branches.length === 0) return undefined;
    const names = new Set(Object.keys(node.properties ?? {}));
    for (const branch of branches) {
      const more = this.namesOf(branch, seen);
      if (!more) return undefined;
      for (const name of more) names.add(name);
    }
    return names;
  }

  private isOfObjects(node: unknown): boolean {
    if (!isJsonObject(node)) return false;
    if (node.type === 'object') return true;
    const target = this.target(node);
    if (target) return this.isOfObjects(target);
    const { allOf, anyOf, oneOf } = node as Partial<Record<string, unknown[]>>;
    if (allOf?.some((one) => this.isOfObjects(one))) return true;
    const branches = anyOf ?? oneOf ?? [];
    return branches.length > 0 && branches.every((one) => this.isOfObjects(one));
  }

  private target({ $ref }: JsonObject): JsonObject | undefined {
    const name = typeof $ref === 'string' ? /^#\/definitions\/(.+)$/.exec($ref)?.[1] : undefined;
    const found = name === undefined ? undefined : this.definitions[name];
    return isJsonObject(found) ? found : undefined;
  }
}

function isCombined(node: JsonObject): boolean {
  return ['allOf', 'anyOf', 'oneOf'].some((keyword) => Array.isArray(node[keyword]));
}
