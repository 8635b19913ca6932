import { describe, expect, it } from '@jest/globals';
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { type as ark } from 'arktype';
import { defineEvent, EventValidationError } from 'nestjs-lightbus';
import * as v from 'valibot';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';
import { encode } from '../../../../lib/event/codec.js';
import { warningsOfFired } from '../../../../lib/event/class-survey.js';
import { getEventDefinition } from '../../../../lib/event/event.decorator.js';
import { eventSchema } from '../../../../lib/schema/bus-schema.js';
import { converted } from './converted-valibot.js';

type ObjectSchema = StandardSchemaV1<unknown, object>;
type Draft = StandardJSONSchemaV1.Target;

function define(schema: ObjectSchema) {
  return getEventDefinition(defineEvent('libraries.made', schema))!;
}

function published(schema: ObjectSchema): Record<string, unknown> {
  return eventSchema(define(schema)).parameters as Record<string, unknown>;
}

function leftOut(schema: ObjectSchema): string | undefined {
  const [warning, ...others] = warningsOfFired(define(schema));
  expect(others).toEqual([]);
  return /only \w+ knows: (.*)\.$/.exec(warning ?? '')?.[1];
}

function fire(schema: ObjectSchema, payload: object): () => unknown {
  return () => encode(define(schema), payload, { validate: true });
}

/** A schema of a library that describes it with this JSON Schema, in these drafts. */
function described(jsonSchema: object, drafts: readonly Draft[] = ['draft-07']): ObjectSchema {
  const describe = ({ target }: { target: Draft }) => {
    if (!drafts.includes(target)) throw new Error(`${target} is not supported`);
    return { ...jsonSchema };
  };
  const validate = (value: unknown) => ({ value: value as object });
  const standard = { version: 1, vendor: 'other', validate };
  return {
    '~standard': { ...standard, jsonSchema: { input: describe, output: describe } },
  } as ObjectSchema;
}

describe('versions of libraries that have no JSON Schema', () => {
  const without = (schema: ObjectSchema): ObjectSchema => {
    const { version, vendor, validate } = schema['~standard'];
    return { ...schema, '~standard': { version, vendor, validate } };
  };
  const arkType = ark({ a: 'string', 'b?': { c: 'number' } });
  const schemas: Readonly<Record<string, ObjectSchema>> = {
    'zod 3': z3.object({ a: z3.string(), b: z3.object({ c: z3.number() }).optional() }),
    'zod before 4.2': without(
      z.object({ a: z.string(), b: z.object({ c: z.number() }).optional() }),
    ),
    valibot: v.object({ a: v.string(), b: v.optional(v.object({ c: v.number() })) }),
    'arktype before 2.1.28': {
      ...without(arkType),
      ...{ json: arkType.json, onDeepUndeclaredKey: arkType.onDeepUndeclaredKey.bind(arkType) },
    },
  };
  it.each(Object.entries(schemas))('are held to, and publish an object: %s', (_, schema) => {
    expect(warningsOfFired(define(schema))).toEqual([
      expect.stringContaining('it has no Standard JSON Schema'),
    ]);
    expect(published(schema)).toEqual({
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'Event libraries.made parameters',
      type: 'object',
    });
    for (const payload of [{ a: 'x' }, { a: 'x', b: { c: 1 } }]) {
      expect(fire(schema, payload)).not.toThrow();
    }
    for (const payload of [{}, { a: 1 }, { a: 'x', u: 1 }, { a: 'x', b: { c: 1, u: 1 } }]) {
      expect(fire(schema, payload)).toThrow(EventValidationError);
    }
  });
});

describe('rules that a library does not describe', () => {
  it.each<[string, ObjectSchema, string]>([
    [
      'zod: refine',
      z.object({ a: z.object({ b: z.string().refine(() => true) }) }),
      'a rule of its own (refine, custom) at a.b',
    ],
    [
      'zod: of all',
      z.object({ a: z.string() }).refine(() => true),
      'a rule of its own (refine, custom)',
    ],
    [
      'zod: custom',
      z.object({ a: z.array(z.custom<string>(() => true)) }),
      'a rule of its own (refine, custom) at a',
    ],
    ['arktype: narrow', ark({ a: ark('string').narrow(() => true) }), 'a rule of its own (narrow)'],
    [
      'valibot: check',
      converted(
        v.object({
          a: v.pipe(
            v.string(),
            v.check(() => true),
          ),
        }),
      ),
      "its rule 'check'",
    ],
    ['valibot: custom', converted(v.object({ a: v.custom(() => true) })), "its schema 'custom'"],
    [
      'other: a keyword',
      described({ type: 'object', dependentRequired: {} }),
      "'dependentRequired'",
    ],
  ])('are told of: %s', (_, schema, text) => {
    expect(leftOut(schema)).toContain(text);
    expect(fire(schema, { a: 'x' })).toBeInstanceOf(Function);
  });

  it.each<[string, ObjectSchema]>([
    ['zod', z.object({ a: z.string().min(1), b: z.looseObject({}) })],
    ['arktype', ark({ a: 'string > 0', b: 'object' })],
    ['valibot', converted(v.object({ a: v.pipe(v.string(), v.minLength(1)) }))],
  ])('are not told of where there is none: %s', (_, schema) => {
    expect(warningsOfFired(define(schema))).toEqual([]);
  });
});

describe('a schema of valibot with a JSON Schema', () => {
  it('is published where a rule of it is unknown, too', () => {
    const check = v.check((a: string) => a !== 'no');
    const schema = converted(v.object({ a: v.pipe(v.string(), check), b: v.optional(v.number()) }));
    expect(published(schema)).toMatchObject({
      properties: { a: { type: 'string' }, b: { type: 'number' } },
      required: ['a'],
      additionalProperties: false,
    });
    expect(fire(schema, { a: 'no' })).toThrow(EventValidationError);
    expect(fire(schema, { a: 'x', c: 1 })).toThrow('property c should not exist');
  });

  it('lets through what loose objects and tuples let through, and nothing more', () => {
    const schema = converted(
      v.object({
        object: v.looseObject({ a: v.string() }),
        tuple: v.tuple([v.string()]),
        loose: v.looseTuple([v.string()]),
      }),
    );
    expect(published(schema).properties).toMatchObject({
      object: { additionalProperties: {} },
      tuple: { additionalItems: false },
      loose: { items: [{ type: 'string' }] },
    });
    const good = { object: { a: '', b: 1 }, tuple: [''], loose: ['', 1] };
    expect(fire(schema, good)).not.toThrow();
    expect(fire(schema, { ...good, object: { b: 1 } })).toThrow(EventValidationError);
    expect(fire(schema, { ...good, tuple: ['', 1] })).toThrow(EventValidationError);
  });

  it('has no pattern without its flags, and no format that it does not mean', () => {
    const schema = converted(
      v.object({
        a: v.pipe(v.string(), v.regex(/^a$/i)),
        b: v.pipe(v.string(), v.regex(/^b$/)),
        c: v.pipe(v.string(), v.isoDateTime()),
        d: v.pipe(v.string(), v.isoTimestamp()),
      }),
    );
    expect(published(schema).properties).toEqual({
      a: { type: 'string' },
      b: { type: 'string', pattern: '^b(?![\\s\\S])' },
      c: { type: 'string' },
      d: { type: 'string', format: 'date-time' },
    });
    expect(leftOut(schema)).toMatch(/the pattern \/\^a\$\/i, the pattern \/\^\\d\{4\}/);
    const good = { a: 'A', b: 'b', c: '2020-01-01T10:00', d: '2020-01-01T10:00:00Z' };
    expect(fire(schema, good)).not.toThrow();
  });
});

describe('a JSON Schema of another draft', () => {
  it('is published as draft 7 has it', () => {
    const newer = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        pair: { type: 'array', prefixItems: [{ type: 'string' }], items: false },
        a: { $ref: '#/$defs/text', minLength: 2 },
        b: { $ref: '#/$defs/text', description: 'alone' },
      },
      $defs: { text: { type: 'string' } },
    };
    const schema = described(newer, ['draft-2020-12']);
    const text = { $ref: '#/definitions/text' };
    expect(published(schema)).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      properties: {
        pair: { type: 'array', items: [{ type: 'string' }], additionalItems: false },
        a: { allOf: [{ type: 'string' }, { minLength: 2 }] },
        b: text,
      },
      definitions: { text: { type: 'string' } },
    });
    expect(warningsOfFired(define(schema))).toEqual([]);
    expect(fire(schema, { a: 'ab', pair: [''] })).not.toThrow();
    for (const payload of [{ a: 'a' }, { pair: ['', ''] }, { u: 1 }]) {
      expect(fire(schema, payload)).toThrow(EventValidationError);
    }
  });

  it('is asked for only where there is none of draft 7', () => {
    const both = described({ type: 'object' }, ['draft-07', 'draft-2020-12']);
    expect(published(both)).toMatchObject({ type: 'object' });
    const none = described({ type: 'object' }, []);
    expect(warningsOfFired(define(none))).toEqual([
      expect.stringContaining('(draft-07 is not supported)'),
    ]);
  });
});
