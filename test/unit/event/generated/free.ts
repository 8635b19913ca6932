import { Allow, IsObject } from 'class-validator';
import fc from 'fast-check';
import { numbers, texts, validated } from './scalars.js';

/** What JSON can carry as it is, with keys that libraries stumble over. Never the key `__proto__`. */
const freeValues: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(texts, numbers, fc.boolean(), fc.constant(null), fc.constant(2n ** 64n)),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(freeKeys(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
})).value;

function freeKeys(): fc.Arbitrary<string> {
  const names = [
    'constructor',
    'toString',
    'hasOwnProperty',
    'then',
    'length',
    'size',
    'prototype',
    '0',
  ];
  return fc.oneof(texts, fc.constantFrom(...names)).filter((key) => key !== '__proto__');
}

export const freeObjects: fc.Arbitrary<Record<string, unknown>> = fc.dictionary(
  freeKeys(),
  freeValues,
  { maxKeys: 4, noNullPrototype: true },
);

/** A property that takes any value, or any object. */
export const FREE = {
  anything: { rules: () => [Allow()], values: freeValues },
  object: { rules: validated(IsObject), values: freeObjects },
} as const;
