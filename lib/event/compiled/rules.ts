import type { Type } from '@nestjs/common';
import { classOf } from '../own-properties.js';
import { hasModel, modelOf, type PropertyModel } from '../class-model.js';
import type { Rule } from '../property-type.js';
import { perClass } from './per-class.js';
import { validatorsOf, type Validator } from './validators.js';

/** What class-validator would look at in an instance. */
interface ClassRules {
  /** Properties that may be there. */
  readonly known: ReadonlySet<string>;
  readonly properties: readonly PropertyRules[];
}

interface PropertyRules {
  readonly name: string;
  /** The conditions of `@IsOptional` and `@ValidateIf`: all are asked, and all must hold. */
  readonly conditions: readonly ((object: object, value: unknown) => unknown)[];
  readonly validators: readonly Validator[];
  readonly isNested: boolean;
  /** The property that says of which class the objects in it are, where `@Type` keeps it. */
  readonly tag: string | undefined;
}

/** Whether class-validator would find nothing wrong with an object of a class. False where it isn't known. */
export function keepsRules(object: object, type: Type<object>, tag?: string): boolean {
  const rules = rulesOf(type);
  if (rules === 'unknown' || Object.getPrototypeOf(object) !== type.prototype) return false;
  // class-validator takes its word for the class.
  if (object.constructor !== type) return false;
  for (const key of Object.keys(object)) {
    if (rules.known.has(key) || key === tag) continue;
    // Names of members of every object are looked up in objects.
    if (key in Object.prototype || (object as Record<string, unknown>)[key] !== undefined)
      return false;
  }
  for (const property of rules.properties) {
    if (!keepsRulesOf(property, object)) return false;
  }
  return true;
}

function keepsRulesOf(property: PropertyRules, object: object): boolean {
  const { name, conditions, validators, isNested, tag } = property;
  const value = (object as Record<string, unknown>)[name];
  let isConcerned = true;
  for (const condition of conditions) {
    if (!condition(object, value)) isConcerned = false;
  }
  if (!isConcerned) return true;
  for (const takes of validators) {
    if (!takes(value, object)) return false;
  }
  return !isNested || isNestedValid(value, tag);
}

function isNestedValid(value: unknown, tag: string | undefined): boolean {
  const isValid = (item: unknown): boolean => isNestedValid(item, tag);
  if (value === undefined) return true;
  if (Array.isArray(value)) return value.every(isValid);
  if (value instanceof Set) return [...value].every(isValid);
  if (value instanceof Map) {
    return [...value].every(([key, item]) => typeof key === 'string' && isValid(item));
  }
  if (!(value instanceof Object)) return false;
  const type = classOf(value);
  return hasModel(type) && keepsRules(value, type, tag);
}

const rulesOf = perClass((type): ClassRules | 'unknown' => {
  const properties = [...modelOf(type).properties.values()];
  const withRules = properties.filter(({ rules }) => rules.length > 0);
  const compiled = withRules.map((property) => compile(property, type));
  const known = compiled.filter((property) => property !== 'unknown');
  if (known.length < compiled.length) return 'unknown';
  // What a decorator excludes in both directions may be there, unless every object has such a member.
  const isExcluded = ({ property, sentAs, readFrom }: PropertyModel) =>
    sentAs === undefined && readFrom === undefined && !(property in Object.prototype);
  const names = [...withRules, ...properties.filter(isExcluded)].map(({ property }) => property);
  return { known: new Set(names), properties: known };
});

function compile(property: PropertyModel, owner: Type<object>): PropertyRules | 'unknown' {
  const { property: name, rules, discriminator } = property;
  const ofType = (...types: string[]) => rules.filter(({ type }) => types.includes(type));
  const constraints = ofType('customValidation', 'isDefined');
  const conditions = ofType('conditionalValidation');
  const nested = ofType('nestedValidation');
  const others = ofType('whitelistValidation');
  const isCovered =
    constraints.length + conditions.length + nested.length + others.length === rules.length;
  const validators = constraints.map((rule) => validatorsOf(rule, owner));
  // class-validator looks rules up in a plain object, by the names of the properties.
  if (!isCovered || name in Object.prototype || validators.includes('unknown')) return 'unknown';
  return {
    name,
    conditions: conditions.map(conditionOf),
    validators: validators.filter((some) => some !== 'unknown').flat(),
    isNested: nested.length > 0,
    tag: discriminator?.keep ? discriminator.property : undefined,
  };
}

function conditionOf({ constraints }: Rule): (object: object, value: unknown) => unknown {
  return constraints?.[0] as (object: object, value: unknown) => unknown;
}
