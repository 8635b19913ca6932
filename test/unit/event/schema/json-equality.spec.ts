import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { compareAsJson } from '../../../../lib/event/schema/json-equality.js';
import { compileSchema } from '../../../../lib/schema/remote/compile-schema.js';

const json = fc
  .jsonValue({ maxDepth: 2 })
  .map((value): unknown => JSON.parse(JSON.stringify(value)));
const few = fc.oneof(json, fc.constantFrom<unknown>(0, 1, '1', true, null, [], {}, [1], { a: 1 }));
const ajv = new Ajv({ strict: false, logger: false });
const asJson = compareAsJson(new Ajv({ strict: false, logger: false }));

describe('compareAsJson', () => {
  it('finds what Ajv finds', () => {
    const schema = fc.oneof(
      fc.record({ const: few }),
      fc.record({
        enum: fc.uniqueArray(few, {
          minLength: 1,
          comparator: (a, b) => JSON.stringify(a) === JSON.stringify(b),
        }),
      }),
      fc.record({ uniqueItems: fc.boolean() }),
    );
    fc.assert(
      fc.property(schema, fc.oneof(few, fc.array(few)), (given, value) => {
        let expected: boolean;
        try {
          expected = ajv.compile(given)(value);
        } catch {
          return;
        }
        expect(asJson.compile(given)(value)).toBe(expected);
      }),
    );
  });

  it.each(['toString', 'valueOf', 'constructor', 'hasOwnProperty'])(
    'compares objects that have a %s',
    (name) => {
      const [one, same, other] = [{ [name]: 1 }, { [name]: 1 }, { [name]: 2 }];
      const check = compileSchema({
        properties: {
          unique: { uniqueItems: true },
          one: { enum: [one] },
          constant: { const: one },
        },
      });

      expect(check({ unique: [one, other], one: same, constant: same })).toEqual([]);
      expect(check({ unique: [one, same] })).toHaveLength(1);
      expect(check({ one: other, constant: other })).toHaveLength(2);
    },
  );

  it('looks at what a value has itself', () => {
    const check = compileSchema({
      required: ['constructor'],
      properties: { toString: { type: 'string' } },
    });

    expect(check({}).map(({ path }) => path)).toEqual(['constructor']);
    expect(check({ constructor: 1, toString: 1 }).map(({ path }) => path)).toEqual(['toString']);
  });
});
