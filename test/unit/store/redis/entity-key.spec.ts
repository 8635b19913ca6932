import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { keyTextOfJson } from '../../../../lib/wire/entity-key.js';
import { sharedRedis } from '../../../support/redis-server.js';

const LUA = `${readFileSync('lib/store/redis/lua/includes/entity-key.lua', 'utf8')}
  local keys = {}
  for i, json in ipairs(ARGV) do keys[i] = keyText(json) or false end
  return keys`;

let raw: Redis;
beforeAll(async () => {
  raw = (await sharedRedis()).client();
});

/** What Lua makes of each text, and what TypeScript makes of what Redis gives back of it. */
async function expectSame(texts: readonly string[]): Promise<void> {
  const inLua = (await raw.eval(LUA, 0, ...texts)) as (string | null)[];
  const stored = texts.map((text) => Buffer.from(text).toString());
  expect(inLua).toEqual(stored.map((text) => keyTextOfJson(text) ?? null));
}

const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 });
const digits = fc.string({ unit: fc.constantFrom('0', '1', '9'), maxLength: 25 });

const number = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    digits,
    fc.constantFrom('', '', '.', '.0', '.00', '.50', '.05'),
    fc.constantFrom('', '', 'e', 'e3', 'E+10', 'e-0', 'e400', '.0'),
  )
  .map((parts) => parts.join(''));

/** What may stand inside quotes, right or wrong. */
const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.string({ maxLength: 4 }),
  fc.constantFrom(
    ...Array.from('"\\/bfnrtu\0\n\x1f\x7f\u2028\ufeff'),
    '\\"',
    '\\\\',
    '\\/',
    '\\b',
    '\\n',
    '\\x',
  ),
  fc
    .tuple(
      fc.constantFrom('\\u', '\\U', '\\\\u'),
      fc.constantFrom('0000', '0041', '00e9', 'D83d', 'dC00', 'dfff', 'FFFF', '12', 'zzzz'),
    )
    .map((parts) => parts.join('')),
);
const quoted = fc
  .tuple(fc.constantFrom('"', ''), fc.array(piece, { maxLength: 5 }), fc.constantFrom('"', ''))
  .map(([open, inside, close]) => open + inside.join('') + close);

const text = fc.oneof(
  fc.json({ maxDepth: 1 }),
  fc.string({ unit: 'binary' }).map((value) => JSON.stringify(value)),
  number,
  quoted,
  fc.constantFrom('', 'null', 'true', 'NaN', '-Infinity', '[1]', '{}', '"', '""', '-', '\u00a01'),
);
const spaced = fc.tuple(space, text, space).map((parts) => parts.join(''));

describe('the key of an entity in Lua', () => {
  it('is that of keyTextOfJson, for every text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(spaced, { minLength: 200, maxLength: 300 }), expectSame),
      { numRuns: 40 },
    );
  }, 60_000);

  it.each([
    ['"a"', 'a'],
    ['1', '1'],
    ['1.0', '1'],
    ['-0', '0'],
    ['-0.00', '0'],
    ['1e3', '1e3'],
    ['1.50', '1.50'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    [' "\\u0061\\u00e9\\ud83d\\ude8c\\/\\u0000" ', 'aé🚌/\0'],
    ['"\\ud83d"', undefined],
    ['01', undefined],
    ['"a', undefined],
    ['["a"]', undefined],
    ['null', undefined],
  ])('of %s', async (json, key) => {
    expect(keyTextOfJson(json)).toBe(key);
    await expectSame([json]);
  });

  it('takes time that grows with the length of a text alone', async () => {
    const million = 1_000_000;
    const hostile = [
      `1${' '.repeat(million)}x`,
      `${' '.repeat(million)}1`,
      `"${'" '.repeat(million)}`,
      `"${'\\'.repeat(million)}"`,
      `1.${'0'.repeat(million)}1`,
      '1'.repeat(million),
      `"${'x'.repeat(million)}"`,
    ];
    await expectSame(hostile);
  });
});
