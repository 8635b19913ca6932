import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  compileSchema,
  UnusableSchemaError,
} from '../../../../lib/schema/remote/compile-schema.js';
import { isSame } from '../../../../lib/event/schema/json-equality.js';
import { parse } from '../../../../lib/wire/json-reader.js';

interface Published {
  readonly keys: Readonly<Record<string, { readonly value: string }>>;
}

const PUBLISHED = JSON.parse(
  readFileSync(new URL('../../../fixtures/wire/schemas.json', import.meta.url), 'utf8'),
) as Published;

const object = (properties: object, more: object = {}) => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...more,
});

/** A definition that refers twice to the next one, so that n of them are judged 2 ** n times. */
function doubling(n: number): object {
  const ref = (i: number) => ({ $ref: `#/definitions/d${i}` });
  const definitions = Object.fromEntries(
    Array.from({ length: n }, (_, i) => [`d${i}`, { allOf: [ref(i + 1), ref(i + 1)] }]),
  );
  return object({ v: ref(0) }, { definitions: { ...definitions, [`d${n}`]: {} } });
}

describe('compileSchema', () => {
  it.each(Object.entries(PUBLISHED.keys))(
    'takes what Python has published under %s',
    (_key, { value }) => {
      const { events } = JSON.parse(value) as { events: Record<string, { parameters: unknown }> };

      for (const { parameters } of Object.values(events)) {
        expect(typeof compileSchema(parameters)).toBe('function');
      }
    },
  );

  it('takes a schema that refers to itself as a whole', () => {
    const check = compileSchema(object({ inner: { $ref: '#' }, n: { type: 'integer' } }));

    expect(check({ inner: { inner: { n: 1 } } })).toEqual([]);
    expect(check({ inner: { inner: { n: 'x' } } })).toMatchObject([{ path: 'inner.inner.n' }]);
  });

  it('looks at no property that an event only inherits', () => {
    const names = Object.getOwnPropertyNames(Object.prototype).filter((one) => one !== '__proto__');
    const schemas = Object.fromEntries(names.map((name) => [name, { type: 'integer' }]));

    expect(compileSchema(object(schemas))({})).toEqual([]);
    expect(compileSchema(object(schemas, { required: names }))({})).toHaveLength(names.length);
    expect(
      compileSchema(object({}))(Object.fromEntries(names.map((name) => [name, 1]))),
    ).toHaveLength(names.length);
    expect(compileSchema({ dependencies: { valueOf: ['other'] } })({})).toEqual([]);
    expect(compileSchema({ propertyNames: { maxLength: 3 } })({ abc: 1 })).toEqual([]);
  });

  it('says of each property what is wrong with it, and where', () => {
    const check = compileSchema(
      object(
        {
          n: { type: 'integer' },
          list: { type: 'array', items: object({ 'a/b~c': { type: 'string' } }) },
          optional: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        },
        { required: ['n', 'list'] },
      ),
    );

    expect(check({ list: [{}, { 'a/b~c': 5 }], optional: 7, x: 1 })).toEqual([
      {
        path: 'n',
        value: undefined,
        constraints: { required: expect.any(String) as unknown as string },
      },
      {
        path: 'x',
        value: 1,
        constraints: { additionalProperties: expect.any(String) as unknown as string },
      },
      { path: 'list.1.a/b~c', value: 5, constraints: { type: 'must be string' } },
      {
        path: 'optional',
        value: 7,
        constraints: {
          type: 'must be string or must be null',
          anyOf: 'must match a schema in anyOf',
        },
      },
    ]);
    expect(check({ n: 1, list: [{ 'a/b~c': 'x' }], optional: null })).toEqual([]);
  });

  it('judges what Python has written as Python does', () => {
    const check = compileSchema(
      object({
        at: { type: 'string', format: 'date-time' },
        big: { type: 'integer' },
        nan: { type: 'number' },
        float: { type: 'integer' },
        name: { type: 'string', pattern: '^(?P<first>a)-b$' },
      }),
    );

    expect(
      check({
        at: '2026-01-01T00:00:00',
        big: parse('123456789012345678901234567890'),
        nan: parse('NaN'),
        float: parse('3.0'),
        name: 'a-b',
      }),
    ).toEqual([]);
  });

  it('compares items whatever their names and the order of their properties', () => {
    const check = compileSchema(object({ list: { type: 'array', uniqueItems: true } }));
    const json = fc.jsonValue({ maxDepth: 3 });

    fc.assert(
      fc.property(fc.array(json, { maxLength: 4 }), (list) => {
        const isUnique = list.every((one, i) => !list.slice(0, i).some((o) => isSame(o, one)));
        expect(check({ list }).length === 0).toBe(isUnique);
      }),
    );
    for (const name of Object.getOwnPropertyNames(Object.prototype)) {
      const item = (value: unknown): unknown => JSON.parse(JSON.stringify({ [name]: value, a: 1 }));
      expect(check({ list: [item(1), item(2)] })).toEqual([]);
      expect(check({ list: [item({ b: 1, a: 1 }), item({ a: 1, b: 1 })] })).toHaveLength(1);
    }
    expect(check({ list: [0, -0] })).toHaveLength(1);
    // In pairs, they would take minutes.
    expect(check({ list: Array.from({ length: 60_000 }, (_, i) => ({ i })) })).toEqual([]);
    expect(check({ list: [1, true, '1', 'true', [1], ['1']] })).toEqual([]);
  });

  it('goes on after an event that nothing could validate', () => {
    const check = compileSchema(object({ v: { uniqueItems: true } }));
    const deep = parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`);

    expect(check({ v: deep })).toMatchObject([
      { path: 'v', constraints: { validation: 'v is nested more than 500 levels deep' } },
    ]);
    expect(check({ v: [1, 2] })).toEqual([]);
  });

  it.each([
    ['no object', [null, 5, 'text', [], true]],
    ['no schema', [{ type: 'objekt' }, { required: 'n' }, { properties: [1] }, { minimum: 'x' }]],
    ['of another draft', [{ $schema: 'https://json-schema.org/draft/2020-12/schema' }]],
    ['one that refers to elsewhere', [{ $ref: 'http://127.0.0.1:1/x' }, { $ref: '#/nowhere' }]],
    ['one that makes promises', [{ $async: true, type: 'object' }]],
    ['with a pattern that is none', [object({ a: { pattern: '(' } })]],
    ['huge', [{ enum: Array.from({ length: 5_000 }, () => ({})) }]],
    ['deep', [Array.from({ length: 200 }).reduce<object>((inner) => ({ not: inner }), {})]],
  ])('refuses what is %s', (_what, schemas) => {
    for (const schema of schemas) expect(() => compileSchema(schema)).toThrow(UnusableSchemaError);
  });

  it.each([
    ['a pattern that backtracks', object({ v: { pattern: '^(a+)+$' } }), `${'a'.repeat(40)}!`],
    ['names that backtrack', { patternProperties: { '^(v+)+$': { type: 'string' } } }, 1],
    ['references that double', doubling(40), 1],
    ['a reference to itself', { allOf: [{ $ref: '#' }] }, 1],
  ])('ends %s, and blames the schema', (_what, schema, v) => {
    const key = 'patternProperties' in schema ? `${'v'.repeat(40)}!` : 'v';

    expect(() => compileSchema(schema)({ [key]: v })).toThrow(UnusableSchemaError);
  });

  it('never throws anything else, whatever is published', () => {
    const keyword = fc.constantFrom(
      ...[
        'type',
        'properties',
        'items',
        'anyOf',
        '$ref',
        'required',
        'pattern',
        '$id',
        'id',
        'enum',
      ],
      ...[
        'definitions',
        'format',
        'if',
        '__proto__',
        'constructor',
        'dependencies',
        'const',
        '$schema',
      ],
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(
          'string',
          'object',
          '#',
          '#/definitions/a',
          '(',
          null,
          1,
          true,
          '__proto__',
        ),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(keyword, tie('tree'), { maxKeys: 4 }),
      ),
    }));
    let usable = 0;
    fc.assert(
      fc.property(tree, fc.dictionary(fc.string(), fc.jsonValue()), (schema, parameters) => {
        try {
          compileSchema(schema)(parameters);
          usable++;
        } catch (error) {
          expect(error).toBeInstanceOf(UnusableSchemaError);
        }
      }),
      { numRuns: 300 },
    );
    expect(usable).toBeGreaterThan(0);
  });

  it('changes nothing of what it judges', () => {
    const schema = object({ a: { default: 5 }, b: { type: 'string' } });
    const parameters = Object.freeze({ b: '1' });

    expect(compileSchema(schema)(parameters)).toEqual([]);
    expect(parameters).toEqual({ b: '1' });
  });
});
