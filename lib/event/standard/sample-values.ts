import { setOwn } from '../own-properties.js';
import { isJsonObject, type JsonObject } from './json-object.js';
import { sampleNumbers, sampleTexts } from './sample-scalars.js';

/** How deep samples are, and how many parts of a schema are looked at: it may be of any size. */
const DEEPEST = 6;
const MOST_PARTS = 2_000;
/** How many samples there are of a payload, and of a value inside. */
const MOST = 400;
const MOST_INSIDE = 40;
const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];

/**
 * Payloads of a JSON Schema (draft 7, `definitions` at its root), such as a schema that changes values would change: all
 * properties and the required ones only, every value of an enum, bounds, fractions, texts in both cases and with spaces
 * around them; also, each in its turn, texts in the place of numbers and the like, as what coerces takes them. There are
 * none of what has a pattern that no sample satisfies.
 */
export function samplePayloads(schema: JsonObject): unknown[] {
  return new Sampling(isJsonObject(schema.definitions) ? schema.definitions : {}).payloads(schema);
}

class Sampling {
  private parts = 0;

  constructor(private readonly definitions: JsonObject) {}

  payloads(schema: JsonObject): unknown[] {
    return this.values(schema, 0);
  }

  /** The first is the one that stands for it in samples of what it is in. */
  private values(node: unknown, depth: number): unknown[] {
    if (depth > DEEPEST || ++this.parts > MOST_PARTS || node === false) return [];
    if (!isJsonObject(node)) return this.values({ type: TYPES.slice(2) }, depth);
    const target = this.target(node);
    if (target) return this.values(target, depth + 1);
    if (Object.hasOwn(node, 'const')) return [node.const];
    if (Array.isArray(node.enum)) return node.enum;
    for (const keyword of ['anyOf', 'oneOf'] as const) {
      const { [keyword]: branches, ...rest } = node;
      if (Array.isArray(branches))
        return this.chosen(
          branches.map((branch) => this.values(this.joined([rest, branch]), depth)),
          depth,
        );
    }
    if (Array.isArray(node.allOf)) {
      const { allOf, ...rest } = node;
      return this.values(this.joined([rest, ...(allOf as unknown[])]), depth + 1);
    }
    const types = [node.type ?? (node.properties ? 'object' : TYPES.slice(2))].flat();
    const found = types.map((type) => this.ofType(type, node, depth));
    return this.chosen(found, depth);
  }

  private chosen<T>(lists: readonly (readonly T[])[], depth: number): T[] {
    return inTurn(lists).slice(0, depth === 0 ? MOST : MOST_INSIDE);
  }

  private ofType(type: unknown, node: JsonObject, depth: number): unknown[] {
    switch (type) {
      case 'object':
        return this.objects(node, depth);
      case 'array':
        return this.lists(node, depth);
      case 'string':
        return withOther(sampleTexts(node), 12);
      case 'number':
      case 'integer':
        return withOther(sampleNumbers(node, type === 'integer'), '12');
      case 'boolean':
        return withOther([true, false], 'true');
      default:
        return [null];
    }
  }

  private objects(node: JsonObject, depth: number): unknown[] {
    const { properties = {}, required = [], additionalProperties } = node;
    const all = Object.entries(properties as JsonObject);
    const known = all.map(([name, one]) => [name, this.values(one, depth + 1)] as const);
    const unnamed = isJsonObject(additionalProperties)
      ? this.values(additionalProperties, depth + 1)
      : [];
    const there = [...known, ['Aa other', unnamed] as const].filter(
      ([, values]) => values.length > 0,
    );
    const full = objectOf(there.map(([name, values]) => [name, values[0]]));
    const needed = there.filter(([name]) => (required as unknown[]).includes(name));
    const least = objectOf(needed.map(([name, values]) => [name, values[0]]));
    const others = this.chosen(
      there.map(([name, values]) => values.slice(1).map((value) => [name, value] as const)),
      depth,
    );
    return [full, least, ...others.map((one) => ({ ...full, ...objectOf([one]) }))];
  }

  private lists(node: JsonObject, depth: number): unknown[] {
    const { items, additionalItems, minItems = 0, maxItems } = node;
    const least = Math.min(Number(minItems), MOST_INSIDE);
    const most = Math.min(typeof maxItems === 'number' ? maxItems : MOST_INSIDE, MOST_INSIDE);
    if (Array.isArray(items)) {
      const each = items.map((item) => this.values(item, depth + 1));
      const first = each.map(([value]) => value);
      const rest = this.values(additionalItems, depth + 1).slice(0, 1);
      return [
        first,
        ...(additionalItems === undefined ? [] : [[...first, ...rest]]),
        ...inTurn(each.map((values, at) => values.slice(1).map((value) => first.with(at, value)))),
      ];
    }
    const values = this.values(items, depth + 1);
    // The second is of another type.
    const [first, , third = first] = values;
    const padded = (...list: unknown[]) => [
      ...list,
      ...Array<unknown>(Math.max(least - list.length, 0)).fill(first),
    ];
    const lists = [
      padded(),
      // What takes out equal ones or sorts makes others of these.
      ...[
        [first, first],
        [first, third],
        [third, first],
      ].map((list) => padded(...list)),
      ...values.map((value) => padded(value)),
    ];
    return lists.filter(({ length }) => length >= least && length <= most);
  }

  /** Schemas that hold together, as one, as far as samples need it. */
  private joined(nodes: readonly unknown[]): JsonObject {
    const all = nodes.map((node) => (isJsonObject(node) ? (this.target(node) ?? node) : {}));
    const properties = {};
    for (const each of all) {
      for (const [name, one] of Object.entries((each.properties ?? {}) as JsonObject))
        setOwn(properties, name, one);
    }
    const required = all.flatMap((each) => (each.required ?? []) as unknown[]);
    const joined: Record<string, unknown> = {};
    for (const each of all) Object.assign(joined, each);
    if (Object.keys(properties).length > 0) joined.properties = properties;
    return { ...joined, required };
  }

  private target({ $ref }: JsonObject): JsonObject | undefined {
    const name = typeof $ref === 'string' ? /^#\/definitions\/(.+)$/.exec($ref)?.[1] : undefined;
    const found = name === undefined ? undefined : this.definitions[name];
    return isJsonObject(found) ? found : undefined;
  }
}

function objectOf(entries: readonly (readonly [string, unknown])[]): object {
  const object = {};
  for (const [name, value] of entries) setOwn(object, name, value);
  return object;
}

/** With one of another type behind the first, of which what coerces makes one of this type. */
function withOther(values: readonly unknown[], other: unknown): unknown[] {
  return [...values.slice(0, 1), other, ...values.slice(1)];
}

/** The first of each, then the second of each, so that a limit leaves out none of them. */
function inTurn<T>(lists: readonly (readonly T[])[]): T[] {
  const turns: T[][] = [];
  for (const list of lists) list.forEach((value, i) => (turns[i] ??= []).push(value));
  return turns.reduce((all, turn) => all.concat(turn), []);
}
