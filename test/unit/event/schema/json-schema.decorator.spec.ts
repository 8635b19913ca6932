import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { IsDefined, IsOptional, IsString, MinLength } from 'class-validator';
import fc from 'fast-check';
import { EventDefinitionError } from '../../../../lib/errors.js';
import { Event } from '../../../../lib/event/event.decorator.js';
import { classSchema } from '../../../../lib/event/schema/class-schema.js';
import {
  JsonSchema,
  type GivenSchema,
} from '../../../../lib/event/schema/json-schema.decorator.js';
import { findUnpublished } from '../../../../lib/event/schema/wire-check.js';

/** A class with one property that has the schema. */
function classWith(given: unknown) {
  class Given {
    @IsDefined()
    @JsonSchema(given as GivenSchema)
    value!: unknown;
  }
  Event('test.things.given')(Given);
  return Given;
}

const faultOf = (given: unknown): string => {
  try {
    classWith(given);
  } catch (error) {
    expect(error).toBeInstanceOf(EventDefinitionError);
    return (error as Error).message;
  }
  return '';
};

function strictly(schema: object) {
  const ajv = new Ajv({ allErrors: true, ownProperties: true, logger: false });
  addFormats.default(ajv);
  return ajv.compile(schema);
}

const circular: Record<string, unknown> = {};
circular.not = circular;

describe('@JsonSchema', () => {
  it.each<[unknown, string]>([
    [{ prefixItems: [{}] }, 'a list of schemas as items'],
    [{ unevaluatedProperties: false }, 'additionalProperties'],
    [{ $defs: {} }, 'draft 7'],
    [{ contains: {}, minContains: 2 }, 'minContains'],
    [{ dependentRequired: { a: ['b'] } }, 'dependencies'],
    [{ nullable: true }, "'null'"],
    [{ minlength: 3 }, 'minlength'],
    [{ properties: { a: { anyOf: [{ maxlenght: 3 }] } } }, 'maxlenght'],
    [{ format: 'phone' }, 'phone'],
    [{ format: 'int32' }, 'int32'],
    [{ items: { format: 'idn-email' } }, 'idn-email'],
    [{ $ref: '#' }, '$ref'],
    [{ $id: 'http://a' }, '$id'],
    [{ $schema: 'http://json-schema.org/draft-07/schema#' }, '$schema'],
    [{ then: {} }, 'then'],
    [{ properties: JSON.parse('{"__proto__": {}}') as object }, '__proto__'],
    [{ required: ['__proto__'] }, '__proto__'],
    [JSON.parse('{"__proto__": {}}'), '__proto__'],
    [JSON.parse('{"constructor": {}}'), 'constructor'],
    [true, 'no object'],
    [[], 'no object'],
    [null, 'no object'],
    [undefined, 'plain JSON'],
    [circular, 'holds itself'],
    [{ minimum: 1n }, 'bigint'],
    [{ enum: [NaN] }, 'NaN'],
    [{ maximum: Infinity }, 'Infinity'],
    [{ const: new Date(0) }, 'of a class'],
    [{ enum: [() => 1] }, 'function'],
    [{ pattern: '(' }, 'regular expression'],
    [{ type: 'text' }, 'draft 7'],
    [{ minLength: -1 }, 'draft 7'],
  ])('refuses %p', (given, named) => {
    expect(faultOf(given)).toContain('@JsonSchema of Given.value');
    expect(faultOf(given)).toContain(named);
  });

  it.each<unknown>([
    { required: ['constructor'] },
    { properties: { toString: { type: 'string' } } },
    { items: { dependencies: { a: ['valueOf'] } } },
    { dependencies: { a: ['__proto__'] } },
    { dependencies: { hasOwnProperty: ['a'] } },
    { const: { constructor: 1 } },
    { enum: [[{ a: { toString: 1 } }], { valueOf: 2 }] },
  ])('refuses names that objects have by themselves, which validators find in all: %j', (given) => {
    expect(faultOf(given)).toContain('all objects of JavaScript have');
  });

  it('takes such names where nothing is looked up by them', () => {
    expect(faultOf({ default: { constructor: 1 }, examples: [{ toString: 1 }] })).toBe('');
    expect(faultOf({ enum: ['constructor', 'toString'] })).toBe('');
  });

  it('says up to where validators agree on multiples', () => {
    const valid = (given: object) => strictly(classSchema(classWith(given)));

    // 1e21 is a multiple of three to Ajv, and none to Python.
    expect(valid({ multipleOf: 3 })({ value: 1e21 })).toBe(false);
    expect(valid({ multipleOf: 3 })({ value: -6 })).toBe(true);
    expect(valid({ multipleOf: 3, maximum: 3, minimum: 1 })({ value: 6 })).toBe(false);
    expect(valid({ multipleOf: 3, maximum: 3, minimum: 1 })({ value: -3 })).toBe(false);
    expect(valid({ multipleOf: 1e-7 })({ value: 1e15 })).toBe(false);
    expect(valid({ multipleOf: 0.5 })({ value: 1.5 })).toBe(true);
    expect(valid({ multipleOf: 0.5 })({ value: 'a' })).toBe(true);
  });

  it('says apart what a list must contain, as Ajv forgets it beside a list of items', () => {
    const type = classWith({ items: [{}, { minLength: 2 }], contains: { type: 'string' } });
    const isValid = new Ajv({ logger: false }).compile(classSchema(type));

    expect(isValid({ value: [] })).toBe(false);
    expect(findUnpublished(type, { value: [] })).toHaveLength(1);
    expect(isValid({ value: ['a'] })).toBe(true);
    expect(isValid({ value: [1] })).toBe(false);
  });

  it('is published beside what the rules say', () => {
    class Named {
      @IsString()
      @MinLength(3)
      @JsonSchema({ minLength: 1, maxLength: 5 })
      name!: string;
      @IsOptional()
      @IsString()
      @JsonSchema({ anyOf: [{ maxLength: 2 }, { minLength: 4 }] })
      other?: string;
      @IsDefined()
      @JsonSchema({ maxLength: 5 })
      defined!: unknown;
    }
    Event('test.things.named')(Named);
    const isValid = strictly(classSchema(Named));
    const valid = { name: 'abc', defined: 'a' };

    expect(isValid(valid)).toBe(true);
    expect(isValid({ ...valid, other: null })).toBe(true);
    expect(isValid({ ...valid, name: 'ab' })).toBe(false);
    expect(isValid({ ...valid, name: 'abcdef' })).toBe(false);
    expect(isValid({ ...valid, other: 'abc' })).toBe(false);
    expect(isValid({ ...valid, other: 1 })).toBe(false);
    expect(isValid({ ...valid, defined: null })).toBe(false);
  });

  it('refuses what it is given, or publishes it, and holds events to it', () => {
    const name = fc.constantFrom('a', 'b', 'constructor', 'toString', '__proto__');
    const schemaOf = (inner: fc.Arbitrary<object>): fc.Arbitrary<object> =>
      fc.record(
        {
          type: fc.constantFrom('string', 'integer', 'number', 'object', 'array', 'null', 'x'),
          minLength: fc.integer({ min: -1, max: 3 }),
          format: fc.constantFrom('date', 'email', 'uuid', 'int32', 'x'),
          pattern: fc.constantFrom('^a', 'b$', '\\d', '(?<=a)b', '('),
          enum: fc.array(fc.jsonValue(), { maxLength: 3 }),
          const: fc.jsonValue(),
          required: fc.array(name, { maxLength: 2 }),
          uniqueItems: fc.boolean(),
          items: fc.oneof(inner, fc.array(inner, { maxLength: 2 }), fc.boolean()),
          additionalItems: fc.boolean(),
          properties: fc.dictionary(name, inner, { maxKeys: 2 }),
          additionalProperties: fc.oneof(fc.boolean(), inner),
          anyOf: fc.array(inner, { maxLength: 2 }),
          not: inner,
          if: inner,
          then: inner,
          prefixItems: fc.array(inner, { maxLength: 1 }),
        },
        { requiredKeys: [] },
      );
    const schema = schemaOf(schemaOf(fc.constant({})));

    fc.assert(
      fc.property(schema, fc.array(fc.jsonValue(), { maxLength: 10 }), (given, values) => {
        if (faultOf(given) !== '') return;
        const type = classWith(given);
        const isValid = strictly(classSchema(type));
        for (const value of values) {
          if (value === null) continue;
          const isTaken = findUnpublished(type, { value }).length === 0;
          let isPublished: boolean;
          try {
            isPublished = isValid({ value });
          } catch {
            // Ajv's own comparison calls what values have as toString.
            continue;
          }
          expect(isTaken).toBe(isPublished);
        }
      }),
      { numRuns: 150 },
    );
  });
});
