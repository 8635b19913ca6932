import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Check } from 'typebox/schema';
import { hasType } from '../../../../lib/config/checks/has-type.js';
import { rootOptions } from '../../../../lib/config/options/root.options.js';
import type { SchemaNode } from '../../../../lib/config/options/schema-node.js';

/** All of the declaration: sections, options, and the types that they have one of. */
function nodesIn(node: SchemaNode): SchemaNode[] {
  const { anyOf = [], properties = {}, patternProperties = {} } = node;
  const inner = [...anyOf, ...Object.values(properties), ...Object.values(patternProperties)];
  return [node, ...inner.flatMap(nodesIn)];
}

const nodes = nodesIn(rootOptions);
const words = nodes.flatMap((node) => node.enum ?? []);
const bounds = nodes.flatMap(({ minimum, exclusiveMinimum, maximum }) =>
  [minimum, exclusiveMinimum, maximum].flatMap((bound) =>
    bound === undefined ? [] : [bound, bound - 1, bound + 1],
  ),
);
// Plain objects are checked key by key; no other object is a value of an option.
const values = fc.oneof(
  fc.anything().filter((value) => typeof value !== 'object' || value === null),
  fc.constantFrom<unknown>(...bounds, ...words, NaN, Infinity, -Infinity, -0, 0.5, 1n, '', '1'),
  fc.constantFrom<unknown>(null, undefined, true, 'true', () => undefined, Symbol('s')),
);

describe('hasType', () => {
  it('says of every option and value what JSON Schema says', () => {
    expect(nodes.length).toBeGreaterThan(80);
    fc.assert(
      fc.property(fc.constantFrom(...nodes), values, (node, value) => {
        expect(hasType(node, value)).toBe(Check(node, value));
      }),
      { numRuns: 5_000 },
    );
  });
});
