import { alternativesOf, schemasOf, TooManyError, type Alternative } from './alternatives.js';
import { isAboutOthers, isImplied, saidInstead } from './keywords.js';
import { propertyDemands } from './object-demands.js';
import { isSame } from '../../event/schema/json-equality.js';
import { isAnnotation, referencesIn, resolve } from './schema-value.js';
import type { AnySchema, SchemaObject } from './schema-value.js';

/** Why not all values of one schema are values of another. */
export interface Obstacle {
  /** Where, in the values: names of properties, and `[]` for the items of a list. */
  readonly path: readonly string[];
  /** The keyword that refuses some of them; `''` where the schemas are too complicated to be compared. */
  readonly keyword: string;
  /** What the keyword asks for; of `required` and `additionalProperties`, the property's name, if it is about one. */
  readonly wanted: unknown;
  /** What the values' own schema says there. */
  readonly said: unknown;
}

/** Two documents, and how strictly the second is read. */
export interface Comparison {
  /** The schema of the values. */
  readonly inner: AnySchema;
  /** The schema that they may satisfy. */
  readonly outer: AnySchema;
  /** Whether properties that the outer schema does not know are ignored, though it refuses them. */
  readonly ignoresUnknown: boolean;
}

/** How many pairs are compared: schemas may come from anybody. */
const MOST_STEPS = 20_000;
/** How deep, so that no call stack ends first. */
const MOST_LEVELS = 200;

/**
 * What keeps values of one schema from satisfying another. With none, every value of the first is one of the second. It
 * errs on the safe side: what it can't prove is an obstacle.
 */
export function obstacles(comparison: Comparison): Obstacle[] {
  return new Inclusion(comparison).find();
}

class Inclusion {
  private readonly numbers = new Map<AnySchema, number>();
  private readonly comparing = new Set<string>();
  private readonly definitionsAreSame: boolean;
  private steps = 0;

  constructor(private readonly comparison: Comparison) {
    const { inner, outer } = comparison;
    this.definitionsAreSame = ['definitions', '$defs'].every((key) => {
      const [one, other] = [inner, outer].map((root) => definitionsOf(root, key));
      return isSame(one, other) && referencesIn(one).every(isToDefinition);
    });
  }

  find(): Obstacle[] {
    const { inner, outer } = this.comparison;
    try {
      const found = this.between([inner], outer, []);
      return found.filter(
        (one, i) =>
          found.findIndex(
            (other) =>
              other.keyword === one.keyword &&
              isSame(other.path, one.path) &&
              (isSame(other.wanted, one.wanted) || !isNamed(one)),
          ) === i,
      );
    } catch (error) {
      if (!(error instanceof TooManyError || error instanceof RangeError)) throw error;
      return [{ path: [], keyword: '', wanted: outer, said: inner }];
    }
  }

  /** What keeps values that satisfy all of `all` from satisfying `outer`. */
  private between(
    all: readonly AnySchema[],
    outer: AnySchema,
    path: readonly string[],
  ): Obstacle[] {
    if (outer === true || all.includes(false)) return [];
    if (++this.steps > MOST_STEPS || path.length > MOST_LEVELS) throw new TooManyError();
    if (all.some((schema) => this.isTheSame(schema, outer))) return [];
    // Schemas that hold themselves: what is being compared further up holds unless something below it does not.
    const pair = `${all.map((one) => this.numberOf(one)).join(' ')} in ${this.numberOf(outer)}`;
    if (this.comparing.has(pair)) return [];
    this.comparing.add(pair);
    try {
      return alternativesOf(all, this.comparison.inner).flatMap((one) =>
        this.within(one, outer, path),
      );
    } finally {
      this.comparing.delete(pair);
    }
  }

  private within(by: Alternative, outer: AnySchema, path: readonly string[]): Obstacle[] {
    if (outer === true) return [];
    if (outer === false) return [{ path, keyword: 'false', wanted: false, said: by.kind }];
    return Object.entries(outer).flatMap(([keyword, wanted]): Obstacle[] => {
      if (isAnnotation(keyword) || isAboutOthers(keyword, by.kind)) return [];
      switch (keyword) {
        case '$ref':
          return this.withinReference(by, outer, path);
        case 'allOf':
          return schemasOf(wanted).flatMap((one) => this.between(by.all, one, path));
        case 'anyOf':
          return this.withinAny(by, schemasOf(wanted), path);
        case 'properties':
        case 'required':
        case 'additionalProperties':
          return this.withinProperties(by, outer, keyword, path);
        case 'items':
          return this.withinItems(by, outer, path);
        case 'then':
        case 'else':
          // They mean nothing but with their `if`.
          return [];
        default:
          return isImplied(keyword, wanted, by) || this.isSaid(keyword, outer, by)
            ? []
            : [{ path, keyword, wanted, said: saidInstead(keyword, by) }];
      }
    });
  }

  private withinReference(
    by: Alternative,
    outer: SchemaObject,
    path: readonly string[],
  ): Obstacle[] {
    const target = resolve(this.comparison.outer, outer.$ref);
    if (target !== undefined) return this.between(by.all, target, path);
    return [{ path, keyword: '$ref', wanted: outer.$ref, said: saidInstead('$ref', by) }];
  }

  private withinAny(
    by: Alternative,
    branches: readonly AnySchema[],
    path: readonly string[],
  ): Obstacle[] {
    // Each listed value may satisfy another one of them.
    const parts = by.values?.map((value) => ({ ...by, values: [value] })) ?? [by];
    return parts.flatMap((part) => {
      const tried = branches.map((branch) => this.withinBranch(part, branch, path));
      if (tried.some((found) => found.length === 0)) return [];
      // What is of the same kind is what was meant.
      const [meant, ...others] = tried.filter(
        (found) => !found.some((one) => one.keyword === 'type' && one.path.length === path.length),
      );
      if (meant && others.length === 0) return meant;
      return [{ path, keyword: 'anyOf', wanted: branches, said: part.values ?? part.kind }];
    });
  }

  private withinBranch(by: Alternative, branch: AnySchema, path: readonly string[]): Obstacle[] {
    if (by.all.some((schema) => this.isTheSame(schema, branch))) return [];
    const isReference = typeof branch === 'object' && Object.hasOwn(branch, '$ref');
    return isReference ? this.between(by.all, branch, path) : this.within(by, branch, path);
  }

  private withinProperties(
    by: Alternative,
    outer: SchemaObject,
    keyword: string,
    path: readonly string[],
  ): Obstacle[] {
    return propertyDemands(by, outer, keyword, this.comparison.ignoresUnknown).flatMap(
      ({ name, isMissing, values, wanted }) => {
        if (isMissing) return [{ path, keyword, wanted: name, said: undefined }];
        if (wanted === false && !values.includes(false)) {
          return [{ path, keyword, wanted: name, said: undefined }];
        }
        return this.between(values, wanted, [...path, name ?? '*']);
      },
    );
  }

  private withinItems(by: Alternative, outer: SchemaObject, path: readonly string[]): Obstacle[] {
    const { items } = outer;
    // Beside prefixItems, they are about the rest only, for newer drafts.
    const said = by.all
      .filter((schema) => !Object.hasOwn(schema, 'prefixItems'))
      .map((schema) => schema.items)
      .filter((one) => one !== undefined);
    if (by.all.some(({ maxItems }) => maxItems === 0)) return [];
    if (Array.isArray(items) || said.some(Array.isArray)) {
      return this.isSaid('items', outer, by)
        ? []
        : [{ path, keyword: 'items', wanted: items, said: said[0] }];
    }
    return this.between(schemasOf(said), schemasOf([items])[0] ?? true, [...path, '[]']);
  }

  /** Whether one of the schemas says the same, word for word. */
  private isSaid(keyword: string, outer: SchemaObject, { all }: Alternative): boolean {
    const together = TOGETHER.get(keyword) ?? [keyword];
    const wanted = together.map((one) => outer[one]);
    return all.some((schema) =>
      this.isTheSame(
        together.map((one) => schema[one]),
        wanted,
      ),
    );
  }

  /** Whether it is the same text, and means the same in both documents. */
  private isTheSame(one: unknown, other: unknown): boolean {
    if (!isSame(one, other)) return false;
    const references = referencesIn(other);
    return references.length === 0 || (this.definitionsAreSame && references.every(isToDefinition));
  }

  private numberOf(schema: AnySchema): number {
    const number = this.numbers.get(schema) ?? this.numbers.size;
    this.numbers.set(schema, number);
    return number;
  }
}

/** Keywords that mean something only together. */
const TOGETHER: ReadonlyMap<string, readonly string[]> = new Map([
  ['if', ['if', 'then', 'else']],
  ['items', ['items', 'additionalItems']],
  ['additionalItems', ['items', 'additionalItems']],
  ['contains', ['contains', 'minContains', 'maxContains']],
]);

function definitionsOf(root: AnySchema, key: string): unknown {
  return (typeof root === 'object' && root[key]) || {};
}

function isToDefinition(reference: unknown): boolean {
  return typeof reference === 'string' && /^#\/(?:definitions|\$defs)\//.test(reference);
}

function isNamed({ keyword }: Obstacle): boolean {
  return keyword === 'required' || keyword === 'additionalProperties';
}
