import 'reflect-metadata';
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { classSchema } from '../../../../lib/event/schema/class-schema.js';
import { compileSchema } from '../../../../lib/event/schema/compile-schema.js';
import { buildClass, classPlans } from './generated-rules.js';

const PYTHON = `
import json, sys
from jsonschema import Draft7Validator, FormatChecker
found = []
for schema, payloads in json.load(sys.stdin):
    try:
        Draft7Validator.check_schema(schema)
        plain = Draft7Validator(schema)
        formats = Draft7Validator(schema, format_checker=FormatChecker())
        found.append([[each.is_valid(one) for each in (plain, formats)] for one in payloads])
    except Exception as error:
        found.append(repr(error)[:300])
json.dump(found, sys.stdout)
`;

const hasPython = spawnSync('python3', ['-c', 'import jsonschema']).status === 0;

function inJson(payload: object): object {
  const text = JSON.stringify(payload, (_, each: unknown) =>
    typeof each === 'bigint' ? Number(each) : each,
  );
  return JSON.parse(text) as object;
}

// Skipped where Python has no jsonschema.
(hasPython ? describe : describe.skip)('a published schema', () => {
  it('is satisfied in Python by what satisfies it in Ajv', () => {
    const plans = fc.sample(
      classPlans.chain((plan) => {
        const values = fc.array(buildClass(plan).values, { minLength: 6, maxLength: 6 });
        return fc.record({ plan: fc.constant(plan), values });
      }),
      Number(process.env.CLASSES ?? 100),
    );
    const cases = plans.map(({ plan, values }) => ({
      schema: classSchema(buildClass(plan).type),
      payloads: values.map(inJson),
    }));
    const { stdout, stderr } = spawnSync('python3', ['-c', PYTHON], {
      input: JSON.stringify(cases.map(({ schema, payloads }) => [schema, payloads])),
      encoding: 'utf8',
      maxBuffer: 1e9,
    });
    expect(stderr).toBe('');
    const inPython = JSON.parse(stdout) as unknown[];
    const wrong = cases.flatMap(({ schema, payloads }, i) => {
      const isValid = compileSchema(schema);
      const inAjv = payloads.map((one) => [isValid(one), isValid(one)]);
      const isSame = JSON.stringify(inAjv) === JSON.stringify(inPython[i]);
      return isSame ? [] : [{ schema, payloads, inAjv, python: inPython[i] }];
    });
    expect(wrong.slice(0, 2)).toEqual([]);
  });
});
