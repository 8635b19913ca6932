import type { Type } from '@nestjs/common';
import { mayHoldNonFinite } from '../finite-numbers.js';
import { inheritedMember } from '../own-properties.js';
import type { PropertyModel } from '../class-model.js';
import type { Rule } from '../property-type.js';
import { bothOf, combineKeywords } from './combine-keywords.js';
import { isAnnotation } from './given-keywords.js';
import { givenSchemaOf } from './json-schema.decorator.js';
import { NULL, refusesNull, type JsonSchema } from './json-schema.js';
import { ruleSchema } from './rule-schema.js';
import type { ObjectSchema, Said } from './said.js';
import { shapeOf, type Shaped } from './shape-schema.js';

/** What a property may hold, and whether it must be there. */
export interface PropertySchema {
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
  /** Rules that the schema does not say all of, by their names. */
  readonly unsaid: readonly string[];
  /** Whether the class's rules alone see to it that what is sent satisfies the schema. */
  readonly isKept: boolean;
}

/**
 * What a property's rules ask for, its type, and `@JsonSchema`.
 *
 * @param isValidated whether class-validator validates the object that has it; else, its type alone counts.
 * @returns undefined for a property that no event may have.
 */
export function propertySchema(
  type: Type<object>,
  property: PropertyModel,
  isValidated: boolean,
  objectSchema: ObjectSchema,
): PropertySchema | undefined {
  const rules = property.rules.filter((rule) => rule.type !== 'whitelistValidation');
  const sample = Object.create(type.prototype as object) as object;
  const isMember = inheritedMember(sample, property.property) !== undefined;
  const given = givenSchemaOf(type, property.property);
  if (isValidated && property.rules.length === 0 && !isMember) return undefined;
  const found = valueOf(property, isValidated ? rules : [], isMember, objectSchema);
  return withGiven(found, given);
}

/** What is known of a property's value, where it has one. */
interface Found {
  readonly schema: JsonSchema;
  readonly takesNull: boolean;
  readonly takesUndefined: boolean;
  readonly unsaid: readonly string[];
  readonly isKept: boolean;
  /** Whether `@IsOptional` says so. */
  readonly isOptional: boolean;
}

const ANYTHING: Found = {
  schema: {},
  takesNull: true,
  takesUndefined: true,
  unsaid: [],
  isKept: true,
  isOptional: false,
};

function valueOf(
  property: PropertyModel,
  rules: readonly Rule[],
  isMember: boolean,
  objectSchema: ObjectSchema,
): Found {
  const conditions = rules.filter(({ type }) => type === 'conditionalValidation');
  const others = rules.filter((rule) => !conditions.includes(rule));
  const isOptional = conditions.some(({ name }) => name === 'isOptional');
  // What is sent, the functions of a @Transform say.
  if (property.toPlain.length > 0) {
    return { ...ANYTHING, isOptional, unsaid: others.length > 0 ? ['@Transform'] : [] };
  }
  const shape =
    isMember || property.toClass.length > 0 ? undefined : shapeOf(property, objectSchema);
  if (conditions.some(({ name }) => name !== 'isOptional')) {
    const base = shape === undefined ? ANYTHING : { ...ANYTHING, ...partsOf(shape, []) };
    const unsaid = [...base.unsaid, ...(others.length > 0 ? ['@ValidateIf'] : [])];
    return { ...base, unsaid, isOptional, takesNull: true, takesUndefined: true };
  }
  const said = shape === undefined ? openly(property, others) : partsOf(shape, others);
  return { ...said, isOptional };
}

type Parts = Omit<Found, 'isOptional'>;

/** The rules of a value that has its declared type. */
function partsOf(shape: Shaped, rules: readonly Rule[]): Parts {
  const { own, each } = { own: [] as Said[], each: [] as Said[] };
  const unsaid: string[] = [];
  let isKept = true;
  for (const rule of rules.filter(({ type }) => type !== 'nestedValidation')) {
    const isAboutItems = rule.each && shape.items !== undefined;
    const said = ruleSchema(rule, isAboutItems ? shape.items : shape.whole);
    (isAboutItems ? each : own).push(said);
    if (!said.isWhole) unsaid.push(nameOf(rule));
    // Where a list of scalars is unique, all are.
    if (!said.isKept) isKept = false;
  }
  const isNested = rules.some(({ type }) => type === 'nestedValidation');
  const value = shape.combine(own, each, isNested);
  const all = [...own, ...each];
  return {
    schema: value.schema,
    takesNull: !isNested && all.every(({ takesNull }) => takesNull),
    takesUndefined: all.every(({ takesUndefined }) => takesUndefined),
    unsaid: [...unsaid, ...value.unsaid],
    isKept: isKept && value.isKept,
  };
}

/** The rules of a value of which nobody knows what it is: a getter's, or what a `@Transform` makes when reading. */
function openly(property: PropertyModel, rules: readonly Rule[]): Parts {
  const mayBeNonFinite = mayHoldNonFinite(rules);
  const said = rules.map((rule): readonly [Rule, Said] => {
    const open = ruleSchema(rule, { stands: 'any', mayBeNonFinite });
    // What it holds several of, nobody knows.
    return [rule, rule.each ? { ...open, schema: {}, isWhole: false } : open];
  });
  const named = said.filter(([, { isWhole }]) => !isWhole).map(([rule]) => nameOf(rule));
  const isRead = property.toClass.length > 0;
  return {
    schema: combineKeywords(said.map(([, { schema }]) => schema)),
    takesNull: said.every(([, { takesNull }]) => takesNull),
    takesUndefined: said.every(([, { takesUndefined }]) => takesUndefined),
    unsaid: isRead && rules.length > 0 ? [...named, '@Transform'] : named,
    isKept: false,
  };
}

function withGiven(found: Found, given: JsonSchema | undefined): PropertySchema {
  const keywords = Object.entries(given ?? {});
  const annotations = Object.fromEntries(keywords.filter(([name]) => isAnnotation(name)));
  const assertions = Object.fromEntries(keywords.filter(([name]) => !isAnnotation(name)));
  const isGiven = Object.keys(assertions).length > 0;
  const { isOptional } = found;
  const value = isGiven ? bothOf(found.schema, assertions) : found.schema;
  // With @JsonSchema, what may be missing is said by @IsOptional.
  const takesNull = isOptional || (!isGiven && found.takesNull);
  const isRequired = !isOptional && (isGiven || !found.takesUndefined);
  const schema = takesNull ? orNull(value) : found.takesNull ? value : noNull(value, isGiven);
  return {
    schema: Object.keys(annotations).length === 0 ? schema : annotated(schema, annotations),
    isRequired,
    unsaid: isGiven ? [] : [...new Set(found.unsaid)],
    isKept: found.isKept && !isGiven,
  };
}

function annotated(schema: JsonSchema, annotations: JsonSchema): JsonSchema {
  return schema.$ref === undefined
    ? { ...schema, ...annotations }
    : { ...annotations, allOf: [schema] };
}

function orNull(schema: JsonSchema): JsonSchema {
  const { anyOf, ...others } = schema;
  if (Object.keys(schema).length === 0) return schema;
  if (anyOf && Object.keys(others).length === 0) return { anyOf: [...anyOf, NULL] };
  return { anyOf: [schema, NULL] };
}

function noNull(schema: JsonSchema, isGiven: boolean): JsonSchema {
  if (refusesNull(schema)) return schema;
  // What is given may have keywords that mean something else beside others.
  return isGiven ? bothOf({ not: NULL }, schema) : combineKeywords([schema, { not: NULL }]);
}

function nameOf({ name, type }: Rule): string {
  return name ?? type;
}
