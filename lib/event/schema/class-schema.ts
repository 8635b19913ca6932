import type { Type } from '@nestjs/common';
import { hasModel, modelOf } from '../class-model.js';
import { perClass } from '../compiled/per-class.js';
import { defaultOf } from './default-value.js';
import { NO_PROTO, type JsonSchema } from './json-schema.js';
import { propertySchema } from './property-schema.js';
import { holdsItself } from './recursion.js';
import type { Label, ObjectSchema, Said } from './said.js';

/** What is known of a class's schema. */
export interface ClassSchema {
  readonly schema: JsonSchema;
  /** What the schema does not say, in words: `Order.phone: isPhoneNumber`. */
  readonly unsaid: readonly string[];
  /**
   * Parameters of which the schema refuses some values that the class's rules take. Other parameters satisfy it wherever the
   * class's rules are kept.
   */
  readonly toCheck: readonly string[];
}

/**
 * The JSON Schema (draft 7) of a class's instances as they go over the wire, from the decorators of class-validator and
 * class-transformer, TypeScript's types, and `@JsonSchema`. What satisfies it is accepted when it is fired, but for
 * what it can't say; and all that is accepted satisfies it. Properties that it does not name are refused.
 */
export function classSchema(type: Type<object>): JsonSchema {
  return classSchemaOf(type).schema;
}

/** The same, and what is known of it. Made once for each class. */
export const classSchemaOf = perClass(makeClassSchema);

function makeClassSchema(type: Type<object>): ClassSchema {
  // Nobody can read one that extends a built-in class: none is fired.
  if (!hasModel(type)) {
    return { schema: { type: 'object' }, unsaid: [], toCheck: [] };
  }
  const builder = new Builder();
  const { schema, unkept } = builder.object(type, true);
  const { definitions } = builder;
  const refers = (name: string) => JSON.stringify(schema.properties?.[name]).includes('"$ref"');
  const names = Object.keys(schema.properties ?? {});
  return {
    schema: Object.keys(definitions).length === 0 ? schema : { ...schema, definitions },
    unsaid: builder.unsaid,
    toCheck: names.filter(
      (name) => unkept.has(name) || (!builder.areDefinitionsKept && refers(name)),
    ),
  };
}

interface ObjectOfClass {
  readonly schema: JsonSchema;
  /** Properties, by their names on the wire, whose schemas the rules alone don't see to. */
  readonly unkept: ReadonlySet<string>;
}

class Builder {
  readonly definitions: Record<string, JsonSchema> = {};
  areDefinitionsKept = true;
  private readonly missing = new Set<string>();
  /** Names of definitions, by class and use. */
  private readonly names = new Map<Type<object>, Map<string, string>>();

  get unsaid(): string[] {
    return [...this.missing];
  }

  object(type: Type<object>, isValidated: boolean): ObjectOfClass {
    const properties: Record<string, JsonSchema> = {};
    const required: string[] = [];
    const unkept = new Set<string>();
    for (const model of modelOf(type).properties.values()) {
      const { sentAs, property } = model;
      if (sentAs === undefined || sentAs === '__proto__') continue;
      const found = propertySchema(type, model, isValidated, this.nested);
      if (found === undefined) continue;
      const { isRequired, value } = defaultOf(type, property, found, this.definitions);
      properties[sentAs] =
        value === undefined ? found.schema : withDefault(found.schema, value.value);
      if (isRequired) required.push(sentAs);
      if (!found.isKept) unkept.add(sentAs);
      for (const rule of found.unsaid) this.missing.add(`${type.name}.${property}: ${rule}`);
    }
    const schema: JsonSchema = {
      type: 'object',
      properties,
      ...(required.length > 0 && { required }),
      ...(isValidated ? { additionalProperties: false } : NO_PROTO),
    };
    return { schema, unkept };
  }

  private readonly nested: ObjectSchema = (type, isValidated, label): Said => {
    if (!holdsItself(type)) {
      const { schema, unkept } = this.object(type, isValidated);
      return { schema: titled(type, schema, label), isWhole: true, isKept: unkept.size === 0 };
    }
    const use = JSON.stringify([isValidated, label?.name]);
    let names = this.names.get(type);
    if (!names) this.names.set(type, (names = new Map<string, string>()));
    let name = names.get(use);
    if (name === undefined) {
      name = this.freeName(type.name);
      names.set(use, name);
      // Its name is taken, before it refers to itself.
      this.definitions[name] = {};
      const { schema, unkept } = this.object(type, isValidated);
      this.definitions[name] = titled(type, schema, label);
      if (unkept.size > 0) this.areDefinitionsKept = false;
    }
    return { schema: { $ref: `#/definitions/${name}` }, isWhole: true, isKept: true };
  };

  private freeName(className: string): string {
    // Two classes may have one name, and a name of a class anything in it.
    const base = className.replace(/[^\w.-]/g, '_') || 'Class';
    let name = base;
    for (let i = 2; Object.hasOwn(this.definitions, name) || name in {}; i++) name = `${base}${i}`;
    return name;
  }
}

function titled(type: Type<object>, schema: JsonSchema, label: Label | undefined): JsonSchema {
  return { title: type.name, ...(label ? label.add(schema) : schema) };
}

function withDefault(schema: JsonSchema, value: unknown): JsonSchema {
  // Beside a $ref, readers of draft 7 see nothing.
  return schema.$ref === undefined
    ? { ...schema, default: value }
    : { allOf: [schema], default: value };
}
