import type { Type } from '@nestjs/common';
import { isModelled, keptTag, type PropertyModel } from '../class-model.js';
import { mayHoldNonFinite } from '../finite-numbers.js';
import { holdsLists, typeFor, type Discriminator } from '../property-type.js';
import { kindOf } from '../value-kinds.js';
import { combineKeywords } from './combine-keywords.js';
import { NO_PROTO, NOTHING, NULL, refusesNull, type JsonSchema } from './json-schema.js';
import { kindSchema } from './kind-schema.js';
import type { Applied, ObjectSchema, Said, Stands } from './said.js';

/** What a property's type says of its value, which no event breaks. */
export interface Shaped {
  /** What rules about the value itself are applied to. */
  readonly whole: Applied;
  /** What rules about each of several are applied to; undefined where the value is one. */
  readonly items?: Applied;
  /** The schema of the value, with what rules say of it and of its items. */
  combine(own: readonly Said[], each: readonly Said[], isNested: boolean): Combined;
}

interface Combined {
  readonly schema: JsonSchema;
  readonly unsaid: readonly string[];
  readonly isKept: boolean;
}

/** One value of a property. */
interface Item extends Applied {
  schema(isNested: boolean): Said;
  /** What is called by name where the schema can't say all of it. */
  readonly name: string;
}

const LIST: JsonSchema = { type: 'array' };
const MAP: JsonSchema = { type: 'object', ...NO_PROTO };

/** What a property holds, by its type. */
export function shapeOf(property: PropertyModel, objectSchema: ObjectSchema): Shaped {
  const item = itemOf(property, objectSchema);
  const isFree = item.stands === 'json' && item.type === undefined;
  const inner = !isFree && holdsLists(property) ? listsOf(item) : item;
  const items: Applied = { ...inner };
  const result = (schema: JsonSchema, said: Said): Combined => ({
    schema,
    unsaid: said.isWhole ? [] : [item.name],
    isKept: said.isKept,
  });
  const eachOf = (each: readonly Said[], isNested: boolean) => {
    const said = inner.schema(isNested);
    return { said, schema: withRules(said, each, isNested) };
  };
  const json: Applied = { stands: 'json' };
  switch (property.shape) {
    case 'single':
      return {
        whole: item,
        combine: (own, _, isNested) => {
          const said = item.schema(isNested);
          return result(combineKeywords([said.schema, ...schemasOf(own)]), said);
        },
      };
    case 'list':
    case 'set':
      return {
        whole: property.shape === 'list' ? json : { stands: 'collection', type: Set },
        items,
        combine: (own, each, isNested) => {
          const { said, schema } = eachOf(each, isNested);
          const list = isEmpty(schema) ? LIST : { ...LIST, items: schema };
          return result(combineKeywords([...schemasOf(own).map(scalarOnly(inner)), list]), said);
        },
      };
    case 'map':
      return {
        whole: { stands: 'collection', type: Map },
        items,
        combine: (own, each, isNested) => {
          const { said, schema } = eachOf(each, isNested);
          const entries = isEmpty(schema) ? {} : { additionalProperties: schema };
          const map = { ...MAP, ...entries };
          return result(combineKeywords([...schemasOf(own), map]), said);
        },
      };
    case 'any':
      return {
        whole: json,
        items,
        combine: (own, each, isNested) => {
          const { said, schema } = eachOf(each, isNested);
          if (isEmpty(schema)) return result(combineKeywords(schemasOf(own)), said);
          const one = combineKeywords([noList(schema)]);
          const either = { anyOf: [one, { ...LIST, items: schema }] };
          return result(combineKeywords([...schemasOf(own), either]), said);
        },
      };
  }
}

// Objects that are equal are several to class-validator, and to a reader who gets them anew.
function scalarOnly({ stands }: Applied): (schema: JsonSchema) => JsonSchema {
  return (schema) => {
    if (!schema.uniqueItems || stands === 'json' || stands === 'bigint') return schema;
    const { uniqueItems: _, ...others } = schema;
    return others;
  };
}

function withRules(said: Said, each: readonly Said[], isNested: boolean): JsonSchema {
  const schema = combineKeywords([said.schema, ...schemasOf(each)]);
  const takesNull = !isNested && each.every((one) => one.takesNull);
  if (takesNull) return isEmpty(schema) ? schema : { anyOf: [schema, NULL] };
  return refusesNull(schema) ? schema : combineKeywords([schema, { not: NULL }]);
}

function noList(schema: JsonSchema): JsonSchema {
  const { type, enum: values, $ref } = schema;
  if ($ref !== undefined || values || (type !== undefined && type !== 'array')) return schema;
  return combineKeywords([schema, { not: LIST }]);
}

/** Each item is a list of the same. */
function listsOf(item: Item): Item {
  return {
    stands: 'json',
    type: Array,
    name: item.name,
    schema: (isNested) => {
      const said = item.schema(isNested);
      return { ...said, schema: { ...LIST, items: withRules(said, [], isNested) } };
    },
  };
}

function itemOf(property: PropertyModel, objectSchema: ObjectSchema): Item {
  const { discriminator } = property;
  if (discriminator) {
    const schema = (isNested: boolean) => oneOfSeveral(discriminator, isNested, objectSchema);
    return { stands: 'object', name: '@Type', schema };
  }
  const type = typeFor(property);
  if (type === undefined || type === Object)
    return { stands: 'json', name: '@ValidateNested', schema: free };
  const { name } = type as { readonly name: string };
  // Beside the name of a rule, that of its type says nothing.
  if (type === Number && mayHoldNonFinite(property.rules)) {
    const schema = () => saidOf({}, false);
    return { stands: 'json', type, mayBeNonFinite: true, name: 'isNumber', schema };
  }
  const kind = kindSchema(type);
  if (kind) return { stands: standsFor(type), type, name, schema: () => kind };
  if (!isModelled(type)) return { stands: 'other', type, name, schema: () => saidOf({}, false) };
  return { stands: 'object', type, name, schema: (isNested) => objectSchema(type, isNested) };
}

// Of which class it is, nothing says: class-validator refuses all objects.
function free(isNested: boolean): Said {
  return saidOf({}, !isNested);
}

function standsFor(type: unknown): Stands {
  if (type === String || type === Number || type === Boolean) return 'json';
  if (type === BigInt) return 'bigint';
  const isDate = kindOf(type) === kindOf(Date);
  return isDate ? 'date' : 'other';
}

function oneOfSeveral(
  discriminator: Discriminator,
  isNested: boolean,
  objectSchema: ObjectSchema,
): Said {
  const { subTypes } = discriminator;
  const known = subTypes.filter(
    (one, i) => isModelled(one.value) && subTypes.findIndex(({ name }) => name === one.name) === i,
  );
  const all = known.map(({ value, name }) => {
    const type = value as Type<object>;
    return objectSchema(type, isNested, {
      name,
      add: (schema) => labelled(schema, type, name, discriminator),
    });
  });
  const [first] = all;
  if (first === undefined) return saidOf(NOTHING, true);
  const schema = all.length === 1 ? first.schema : { anyOf: all.map((one) => one.schema) };
  return {
    schema,
    isWhole: all.every(({ isWhole }) => isWhole),
    isKept: all.every(({ isKept }) => isKept),
  };
}

function labelled(
  schema: JsonSchema,
  type: Type<object>,
  name: string,
  discriminator: Discriminator,
): JsonSchema {
  const { property } = discriminator;
  const label: JsonSchema = { enum: [name] };
  const declared = schema.properties?.[property];
  const isDeclared = keptTag(discriminator, type) !== undefined && declared !== undefined;
  return {
    ...schema,
    properties: {
      ...schema.properties,
      [property]: isDeclared ? combineKeywords([declared, label]) : label,
    },
    required: [...new Set([...(schema.required ?? []), property])],
  };
}

function saidOf(schema: JsonSchema, isWhole: boolean): Said {
  return { schema, isWhole, isKept: true };
}

function schemasOf(said: readonly Said[]): JsonSchema[] {
  return said.map(({ schema }) => schema);
}

function isEmpty(schema: JsonSchema): boolean {
  return Object.keys(schema).length === 0;
}
