import 'reflect-metadata';
import type { TypeHelpOptions, TypeOptions } from 'class-transformer';
import { defaultMetadataStorage as storage, getMetadataStorage } from './libraries.js';
import { kindOf } from './value-kinds.js';

/** One decorator of class-validator on a property. */
export type Rule = ReturnType<
  ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']
>[number];

/**
 * How many values a property holds. `any`: one or a list, nobody says which. A list of lists is a
 * list, too.
 */
export type Shape = 'single' | 'list' | 'set' | 'map' | 'any';

/** Classes of which a property of type `@Type(() => Base, { discriminator })` holds one each. */
export type Discriminator = NonNullable<TypeOptions['discriminator']> & {
  /** Whether the property that names the class is one of the instance's, too. */
  readonly keep: boolean;
};

/** What a class says of a property: its shape, and the type of each value in it. */
export interface PropertyType {
  readonly shape: Shape;
  /** Whether `@Type` says so itself, rather than TypeScript or a rule of class-validator. */
  readonly isExplicit: boolean;
  readonly discriminator?: Discriminator;
  /**
   * The class of each value; undefined where nothing says it.
   *
   * @param help what class-transformer tells the function of a `@Type`.
   */
  typeOf(help?: TypeHelpOptions): unknown;
}

/**
 * Whether a map may hold lists of its items: TypeScript doesn't say, and class-validator validates nested
 * objects in lists as well.
 */
export function mayHoldLists({ rules }: { readonly rules: readonly Rule[] }): boolean {
  return rules.some(({ type, each }) => type === 'nestedValidation' && each);
}

/**
 * Whether each item of a collection is a list of what the property declares: `@IsArray({ each: true })` says so. TypeScript
 * does not, and class-validator validates nested objects in lists of any depth. What is written as a list itself is none.
 */
export function holdsLists(
  property: Pick<PropertyType, 'typeOf'> & { readonly rules: readonly Rule[] },
): boolean {
  const areLists = property.rules.some(
    (rule) => rule.each && !rule.validateIf && isAboutLists(rule),
  );
  return areLists && !kindOf(typeFor(property))?.isList;
}

/** The class of each value, where no object is needed to tell it; undefined where one is, or nothing says it. */
export function typeFor(property: Pick<PropertyType, 'typeOf'>): unknown {
  try {
    return property.typeOf();
  } catch {
    return undefined;
  }
}

/** The rules that hold for a class, its own and inherited ones, by property. */
export function rulesOf(type: unknown): ReadonlyMap<string, Rule[]> {
  const rules = new Map<string, Rule[]>();
  if (typeof type !== 'function') return rules;
  for (const rule of getMetadataStorage().getTargetValidationMetadatas(type, '', false, false)) {
    rules.set(rule.propertyName, [...(rules.get(rule.propertyName) ?? []), rule]);
  }
  return rules;
}

/**
 * What is known of a property's type. `@Type` says it best, then what TypeScript recorded where that is
 * unambiguous, then the rules of class-validator: an `@IsDate()` property holds a date.
 */
export function propertyType(
  type: { readonly prototype: object },
  property: string,
  rules: readonly Rule[],
): PropertyType {
  const designType: unknown = Reflect.getMetadata('design:type', type.prototype, property);
  const recorded = storage.findTypeMetadata(type, property);
  const typeFunction = recorded?.typeFunction;
  // `@Type(() => Map)` says no more than TypeScript does.
  const given = typeFunction && collectionOf(callSafely(typeFunction));
  const designed = collectionOf(designType);
  const shape = designed ?? given ?? collectionByRules(rules) ?? shapeByRules(rules, designType);
  const implied = isSaid(designType) ? designType : typeByRules(rules, shape);
  const { discriminator, keepDiscriminatorProperty } = recorded?.options ?? {};
  return {
    shape,
    isExplicit: typeFunction !== undefined,
    // As in class-transformer, one that names no class says nothing.
    ...(discriminator &&
      hasSubTypes(discriminator) && {
        discriminator: { ...discriminator, keep: keepDiscriminatorProperty === true },
      }),
    typeOf: (help) => (typeFunction && given !== shape ? typeFunction(help) : implied),
  };
}

function hasSubTypes(discriminator: { readonly subTypes?: readonly unknown[] }): boolean {
  return (discriminator.subTypes?.length ?? 0) > 0;
}

// `Object` stands for unions (of `null`, too, where swc compiles) and interfaces.
function isSaid(designType: unknown): boolean {
  return designType !== undefined && designType !== Object && !collectionOf(designType);
}

function collectionOf(type: unknown): 'list' | 'set' | 'map' | undefined {
  if (type === Array) return 'list';
  if (type === Set) return 'set';
  return type === Map ? 'map' : undefined;
}

// `@IsInstance(Set)`: TypeScript says nothing of `Set<string> | null` and `ReadonlySet<string>`.
function collectionByRules(rules: readonly Rule[]): 'list' | 'set' | 'map' | undefined {
  const instanceRules = rules.filter(
    ({ name, each, validateIf }) => name === 'isInstance' && !each && !validateIf,
  );
  const types = instanceRules.map(({ constraints }) => collectionOf(constraints?.[0]));
  return types.find((type) => type !== undefined);
}

// One that needs to be told about the object says nothing about collections.
function callSafely(typeFunction: () => unknown): unknown {
  try {
    return typeFunction();
  } catch {
    return undefined;
  }
}

function shapeByRules(rules: readonly Rule[], designType: unknown): Shape {
  if (rules.some(isListRule)) return 'list';
  if (isSaid(designType)) return 'single';
  const nested = rules.filter(({ type }) => type === 'nestedValidation');
  if (nested.length > 0) return nested.some(({ each }) => each) ? 'list' : 'single';
  return rules.some(({ each }) => each) ? 'any' : 'single';
}

function isListRule(rule: Rule): boolean {
  return !rule.each && !rule.validateIf && isAboutLists(rule);
}

function isAboutLists({ name = '' }: Rule): boolean {
  return name === 'isArray' || /^array[A-Z]/.test(name);
}

const TYPES_BY_RULE: Readonly<Record<string, unknown>> = {
  isDate: Date,
  minDate: Date,
  maxDate: Date,
  isString: String,
  isBoolean: Boolean,
  isInt: Number,
  isNumber: Number,
};

function typeByRules(rules: readonly Rule[], shape: Shape): unknown {
  const types = rules.flatMap(({ name, each, constraints, validateIf }) => {
    if (validateIf || each !== (shape !== 'single')) return [];
    if (name === 'isInstance') return [constraints?.[0] as unknown];
    return name !== undefined && Object.hasOwn(TYPES_BY_RULE, name) ? [TYPES_BY_RULE[name]] : [];
  });
  return new Set(types).size === 1 ? types[0] : undefined;
}

/** The values of an enum, without the names that TypeScript adds for the numeric ones. */
export function enumValues(entity: unknown): unknown[] {
  const members = Object.entries(entity as Record<string, unknown>);
  return members
    .filter(([key, value]) => {
      const member =
        typeof value === 'string' ? (entity as Record<string, unknown>)[value] : undefined;
      return !(typeof member === 'number' && String(member) === key);
    })
    .map(([, value]) => value);
}
