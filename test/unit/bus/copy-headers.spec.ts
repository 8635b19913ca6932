import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { copyHeaders, HeadersFault } from '../../../lib/bus/copy-headers.js';
import { readSide, writeSide } from '../../../lib/wire/side-field.js';

const NOTHING = {
  ...{ firedAt: undefined, correlationId: undefined, causationId: undefined },
  ...{ traceparent: undefined, tracestate: undefined },
};

/** What readers have of headers that are fired beside texts that are as long as they may be. */
function sent(headers: object) {
  const id = '\u{10ffff}'.repeat(5_000);
  const side = { ...NOTHING, correlationId: id, causationId: id, tracestate: '\\'.repeat(8_192) };
  return readSide(writeSide({ ...side, headers: copyHeaders(headers) }));
}

describe('own headers', () => {
  const leaf = fc.oneof(
    ...[fc.boolean(), fc.constant(null), fc.string({ unit: 'binary' })],
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    // From those that are numbers as well to those that nobody reads.
    fc.bigInt(),
    fc
      .tuple(fc.constantFrom(1, 15, 16, 17, 400, 4_299, 4_300, 4_301, 70_000), fc.boolean())
      .map(([digits, isNegative]) => (isNegative ? -1n : 1n) * (10n ** BigInt(digits) - 1n)),
  );
  const name = fc.string({ unit: 'binary' });
  const members = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      ...[leaf, fc.array(tie('value'), { maxLength: 4 })],
      fc.dictionary(name, tie('value'), { maxKeys: 4 }),
    ),
  })).value;

  it('are read as they are sent, or refused', () => {
    fc.assert(
      fc.property(fc.dictionary(name, members, { maxKeys: 5 }), (headers) => {
        let copy: unknown;
        try {
          copy = copyHeaders(headers);
        } catch (error) {
          expect(error).toBeInstanceOf(HeadersFault);
          return;
        }
        const { side, sideFaults } = sent(headers);
        expect(sideFaults).toBeUndefined();
        expect(side?.headers).toEqual(copy);
      }),
    );
  });

  it.each([
    ['in texts of what is longest on the wire', { a: '\u{10ffff}'.repeat(32_767) }],
    [
      'in names',
      Object.fromEntries(
        Array.from({ length: 1_000 }, (_, i) => [String(i).padEnd(65, '\u0001'), -1.1e-300]),
      ),
    ],
    ['in integers', Object.fromEntries(Array.from({ length: 15 }, (_, i) => [i, 10n ** 4_299n]))],
  ])('can be read where they are as large as can be, %s', (_, headers) => {
    expect(sent(headers)).toMatchObject({ side: { headers }, sideFaults: undefined });
  });

  it.each<[string, object, string]>([
    ['an integer that nobody reads', { n: [10n ** 4_300n] }, "'n[]' is an integer of more than"],
    ['one below zero', { n: -(10n ** 4_300n) }, 'more than 4300 digits'],
    ['one that takes long to write', { n: 10n ** 3_000_000n }, 'more than 4300 digits'],
    [
      'many large integers',
      Object.fromEntries(Array.from({ length: 17 }, (_, i) => [i, 10n ** 4_200n])),
      'more than 65536 characters',
    ],
  ])('are refused for %s', (_, headers, expected) => {
    expect(() => copyHeaders(headers)).toThrow(expected);
  });

  it('have numbers for integers that are safe, as readers have them', () => {
    const safe = BigInt(Number.MAX_SAFE_INTEGER);
    expect(copyHeaders({ a: 5n, b: -safe, c: safe + 1n })).toEqual({
      ...{ a: 5, b: Number.MIN_SAFE_INTEGER, c: safe + 1n },
    });
  });

  it('are named in errors without their control characters', () => {
    const named = { '\u001b[2J\n\u202e': () => 1 };
    expect(() => copyHeaders(named)).toThrow("'\\u001b[2J\\u000a\\u202e' is of type function");
  });
});
