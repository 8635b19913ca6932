import { describe, expect, it } from '@jest/globals';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { Ajv } from 'ajv';
import { scope, type as ark } from 'arktype';
import { defineEvent, EventValidationError } from 'nestjs-lightbus';
import * as v from 'valibot';
import { z } from 'zod';
import { encode } from '../../../../lib/event/codec.js';
import { getEventDefinition } from '../../../../lib/event/event.decorator.js';
import { warningsOfFired } from '../../../../lib/event/class-survey.js';
import { eventSchema } from '../../../../lib/schema/bus-schema.js';

type ObjectSchema = StandardSchemaV1<unknown, object>;

function define(schema: ObjectSchema) {
  return getEventDefinition(defineEvent('published.made', schema))!;
}

function published(schema: ObjectSchema): Record<string, unknown> {
  return eventSchema(define(schema)).parameters as Record<string, unknown>;
}

const HEAD = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Event published.made parameters',
  type: 'object',
};
const text = { type: 'string' };

describe('what is published of an event of defineEvent', () => {
  it('is what the library says, closed at every depth', () => {
    const schemas = [
      z.object({ a: z.string(), b: z.object({ c: z.string() }).optional() }),
      z.strictObject({ a: z.string(), b: z.strictObject({ c: z.string() }).optional() }),
      ark({ a: 'string', 'b?': { c: 'string' } }),
    ];
    for (const schema of schemas) {
      const inner = {
        type: 'object',
        properties: { c: text },
        required: ['c'],
        additionalProperties: false,
      };
      expect(published(schema)).toEqual({
        ...HEAD,
        properties: { a: text, b: inner },
        required: ['a'],
        additionalProperties: false,
      });
      expect(warningsOfFired(define(schema))).toEqual([]);
    }
  });

  it('lets through what the schema lets through', () => {
    expect(
      published(z.looseObject({ a: z.string(), b: z.record(z.string(), z.int32()) })),
    ).toMatchObject({
      properties: { b: { additionalProperties: { type: 'integer' } } },
      additionalProperties: {},
    });
    expect(published(ark({ '[string]': 'number' }))).toEqual({
      ...HEAD,
      additionalProperties: { type: 'number' },
    });
    expect(published(ark({ a: 'object' }))).toMatchObject({
      properties: { a: { type: 'object' } },
    });
  });

  it('takes what only a later branch of a union knows, and nothing that none knows', () => {
    const name = z.object({ first: z.string() });
    const full = z.object({ first: z.string(), last: z.string() });
    const schemas = [
      z.object({ a: z.union([name, full]) }),
      z.object({ a: z.array(z.union([name, full])) }),
    ];
    const fire = (schema: ObjectSchema, a: object) => () =>
      encode(define(schema), { a: schema === schemas[1] ? [a] : a }, { validate: true });
    for (const schema of schemas) {
      expect(fire(schema, { first: 'x', last: 'y' })).not.toThrow();
      expect(fire(schema, { first: 'x', middle: 'y' })).toThrow('property middle should not exist');
      expect(fire(schema, { first: 'x', last: 1 })).toThrow(EventValidationError);
    }
  });

  it('closes unions, and knows all names where several schemas hold together', () => {
    const union = published(
      z.discriminatedUnion('k', [
        z.object({ k: z.literal('x'), x: z.string() }),
        z.object({ k: z.literal('y'), y: z.string() }),
      ]),
    );
    expect(union).toMatchObject({
      ...HEAD,
      oneOf: [{ additionalProperties: false }, { additionalProperties: false }],
    });
    const both = published(
      z
        .object({ a: z.string() })
        .and(z.union([z.object({ b: z.string() }), z.object({ c: z.string() })])),
    );
    const ajv = new Ajv();
    const accepts = (value: unknown) => ajv.validate(both, value);
    expect(
      [
        { a: '', b: '' },
        { a: '', c: '' },
      ].map(accepts),
    ).toEqual([true, true]);
    expect([{ a: '' }, { b: '' }, { a: '', b: '', d: '' }].map(accepts)).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('refers to itself, and to nothing else', () => {
    const node = z.object({
      v: z.string(),
      get kids(): z.ZodArray<z.ZodObject> {
        return z.array(node);
      },
    });
    const tree = scope({ node: { v: 'string', 'kids?': 'node[]' } }).export().node;
    for (const schema of [node, tree as unknown as ObjectSchema]) {
      const json = published(schema);
      expect(json).toMatchObject({ ...HEAD, properties: { v: text }, additionalProperties: false });
      const refs = JSON.stringify(json).match(/"\$ref":"[^"]*"/g);
      expect(refs?.every((ref) => ref.startsWith('"$ref":"#'))).toBe(true);
      const ajv = new Ajv();
      expect(ajv.validate(json, { v: '', kids: [{ v: '', kids: [] }] })).toBe(true);
      expect(ajv.validate(json, { v: '', kids: [{ v: '', kids: [], x: 1 }] })).toBe(false);
    }
  });

  it('of a library without JSON Schema is an object, with a warning', () => {
    expect(published(v.object({ a: v.string() }))).toEqual(HEAD);
    expect(warningsOfFired(define(v.object({ a: v.string() })))).toEqual([
      expect.stringMatching(
        /^The schema that is published of 'published.made' says nothing of its properties, as valibot gives no/,
      ),
    ]);
  });

  it('leaves out patterns and formats that Python may not understand, with a warning', () => {
    const schema = z.object({
      a: z.string().regex(/^\p{L}+$/u),
      b: z.string().regex(/^a$/i),
      c: z.string().regex(/^(?<year>\d+)$/),
      d: z.string().regex(/^\d+$/),
      e: z.cuid2(),
      f: z.emoji(),
      g: z.string().regex(/^a/).regex(/b$/i),
    });
    const { properties } = published(schema) as { properties: Record<string, unknown> };
    expect(properties).toEqual({
      ...{ a: text, b: text, f: text, g: text },
      c: { type: 'string', pattern: '^(?:[0-9]+)(?![\\s\\S])' },
      d: { type: 'string', pattern: '^[0-9]+(?![\\s\\S])' },
      e: { type: 'string', pattern: '^[0-9a-z]+(?![\\s\\S])' },
    });
    const [warning, ...others] = warningsOfFired(define(schema));
    expect(warning).toMatch(/leaves out rules that only zod knows: .*\/\^a\$\/i.*\\p\{L\}/);
    expect(others).toEqual([]);
    expect(() =>
      encode(
        define(schema),
        { a: 'é', b: 'A', c: '1', d: '1', e: 'c123456', f: '😀', g: 'aB' },
        { validate: true },
      ),
    ).not.toThrow();
  });

  it('holds where a pipe checks twice', () => {
    const json = published(z.object({ a: z.string().min(2).pipe(z.string().max(3)) }));
    const ajv = new Ajv();
    const accepts = (a: string) => ajv.validate(json, { a });
    expect(['a', 'ab', 'abcd'].map(accepts)).toEqual([false, true, false]);
    expect(ajv.validate(json, { a: 'ab', b: 1 })).toBe(false);
  });

  it('refuses what JSON Schema counts in another way', () => {
    const encoded = (schema: ObjectSchema, a: unknown) => () =>
      encode(define(schema), { a }, { validate: true });
    // One character, and two units.
    expect(encoded(ark({ a: 'string >= 2' }), '😀')).toThrow('by the schema that is published');
    expect(encoded(z.object({ a: z.number().multipleOf(0.1) }), 0.3)).toThrow('multiple of 0.1');
    // To Python it is none.
    expect(encoded(z.object({ a: z.number().multipleOf(3) }), 1e21)).toThrow(EventValidationError);
    expect(encoded(z.object({ a: z.number().multipleOf(3) }), 6)).not.toThrow();
  });

  it('is no object, and is not published', () => {
    const list = z.array(z.string()) as unknown as ObjectSchema;
    expect(published(list)).toEqual(HEAD);
  });
});
