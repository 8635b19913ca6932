import { describe, expect, it } from '@jest/globals';
import { tooLarge, type AppendLimits } from '../../../../lib/store/redis/append-limits.js';
import { Random } from '../../../chaos/random.js';

const LIMITS: AppendLimits = {
  fieldsOnce: 10,
  valueBytes: 5_000,
  stepBytes: 20_000,
  stepLength: 15_000,
};

/** 16 around each text, 1,000 around each entry. */
function sizeOf(entries: readonly string[][], measure: (text: string) => number): number {
  return entries.reduce(
    (sum, fields) => fields.reduce((size, text) => size + measure(text) + 16, sum + 1_000),
    0,
  );
}

function expected(entries: readonly string[][], isOnce: boolean): string | undefined {
  if (isOnce && entries.some(({ length }) => length / 2 > LIMITS.fieldsOnce)) return 'given id';
  if (sizeOf(entries, ({ length }) => length) > LIMITS.stepLength) return 'characters';
  if (entries.flat().some((text) => Buffer.byteLength(text) > LIMITS.valueBytes)) {
    return 'proto-max-bulk-len';
  }
  return sizeOf(entries, Buffer.byteLength) > LIMITS.stepBytes ? 'bytes as' : undefined;
}

describe('what is too large to be stored', () => {
  it('is told before it is sent, for whatever number of events, fields and sizes', () => {
    const random = new Random(8);
    const seen = new Map<string | undefined, number>();
    for (let run = 0; run < 5_000; run++) {
      const letter = random.pick(['x', 'é', '€']);
      const entries = Array.from({ length: random.between(1, 4) }, () =>
        Array.from({ length: 2 * random.between(1, random.pick([3, 12])) }, () =>
          letter.repeat(random.between(0, random.pick([10, 700, 2_000, 6_000]))),
        ),
      );
      const isOnce = random.between(0, 1) === 1;
      const why = expected(entries, isOnce);
      const found = tooLarge(entries, isOnce, LIMITS);
      if (why === undefined) expect(found).toBeUndefined();
      else expect(found).toContain(why);
      seen.set(why, (seen.get(why) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(
      ['bytes as', 'characters', 'given id', 'proto-max-bulk-len', undefined].sort(),
    );
  });

  it('has its size in it, and the limit, to the byte', () => {
    const fits = [['name', 'x'.repeat(5_000)]];
    expect(tooLarge(fits, true, LIMITS)).toBeUndefined();
    expect(tooLarge([['name', 'x'.repeat(5_001)]], true, LIMITS)).toMatch(
      /5001 bytes.* 5000 at most/,
    );
    expect(tooLarge([Array<string>(22).fill('x')], true, LIMITS)).toMatch(/11 fields.* 10 at most/);
    expect(tooLarge([Array<string>(22).fill('x')], false, LIMITS)).toBeUndefined();
  });

  it('is no text that Node can not make, and no step that Redis disconnects for', () => {
    const large = 'x'.repeat(100_000_000);
    const fields = (count: number) => Array.from({ length: count }, () => ['name', large]).flat();
    expect(tooLarge([fields(5)], false)).toBeUndefined();
    expect(tooLarge([fields(6)], false)).toMatch(
      /the event has 6\d+ characters .*536\d+ are the most/,
    );
    expect(tooLarge([fields(3), fields(3)], true)).toMatch(/together they have .*Fire fewer/);
  });
});
