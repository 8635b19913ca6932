import { describe, expect, it } from '@jest/globals';
import {
  compareEntryIds,
  entryTime,
  firstEntryIdAt,
  firstEntryNumberAt,
  formatEntryId,
  isEntryId,
  justBefore,
  lastEntryIdBefore,
  MAX_ENTRY_NUMBER,
  parseEntryId,
} from '../../../lib/wire/entry-id.js';
import { Random } from '../../chaos/random.js';

const HIGHEST = 18446744073709551615n;

/** Numbers of all lengths, and those at which something carries over. */
function newPart(random: Random): bigint {
  const edges = [0n, 1n, 9n, 10n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, HIGHEST - 1n, HIGHEST];
  if (random.chance(0.4)) return random.pick(edges);
  return BigInt(`0x${random.bytes(random.between(1, 8)).toString('hex')}`);
}

/** Ids, each with what it means, said in another way. */
function newIds(count: number): { id: string; ms: bigint; sequence: bigint }[] {
  const random = new Random(7);
  return Array.from({ length: count }, () => {
    const [ms, sequence] = [newPart(random), random.chance(0.2) ? 0n : newPart(random)];
    const zeros = random.chance(0.1) && String(ms).length < 19 ? '0' : '';
    const id = `${zeros}${ms}${sequence === 0n && random.chance(0.5) ? '' : `-${sequence}`}`;
    return { id, ms, sequence };
  });
}

const sign = (number: number | bigint) => (number < 0 ? -1 : number > 0 ? 1 : 0);

describe('entry ids, whatever they are,', () => {
  const ids = newIds(500);

  it('are ordered by milliseconds, then by sequence number', () => {
    const pairs = ids.flatMap((a, i) => ids.slice(i, i + 50).map((b) => [a, b] as const));
    const wrong = pairs.filter(([a, b]) => {
      const expected = sign(a.ms - b.ms) || sign(a.sequence - b.sequence);
      return (
        sign(compareEntryIds(a.id, b.id)) !== expected ||
        sign(compareEntryIds(b.id, a.id)) !== 0 - expected
      );
    });
    expect(wrong).toEqual([]);
  });

  it('are numbers in the same order, and ids again', () => {
    for (const { id, ms, sequence } of ids) {
      expect(isEntryId(id)).toBe(true);
      const number = parseEntryId(id)!;
      expect(number).toBe(ms * 2n ** 64n + sequence);
      expect(formatEntryId(number)).toBe(`${ms}-${sequence}`);
      expect(compareEntryIds(formatEntryId(number), id)).toBe(0);
      if (!id.includes('-')) expect(parseEntryId(id, 'last')).toBe(number + HIGHEST);
    }
  });

  it('have nothing between them and the one before', () => {
    for (const { id } of ids.filter(({ id }) => parseEntryId(id) !== 0n)) {
      const before = justBefore(id);
      expect(compareEntryIds(before, id)).toBeLessThan(0);
      expect(parseEntryId(id)! - parseEntryId(before)!).toBe(1n);
    }
  });
});

describe('justBefore', () => {
  it.each([
    ['5-3', '5-2'],
    ['5-0', '4-18446744073709551615'],
    ['5', '4-18446744073709551615'],
    ['0-1', '0-0'],
    ['0-0', '0-0'],
    ['18446744073709551615-18446744073709551615', '18446744073709551615-18446744073709551614'],
    ['9007199254740993-0', '9007199254740992-18446744073709551615'],
  ])('%s is %s', (id, before) => {
    expect(justBefore(id)).toBe(before);
  });
});

describe('a time', () => {
  it.each([1, 1_700_000_000_000, 2_000_000_000_000_000])('%d lies between two ids', (ms) => {
    const time = new Date(ms);
    expect(firstEntryIdAt(time)).toBe(`${ms}-0`);
    expect(lastEntryIdBefore(time)).toBe(`${ms - 1}-${HIGHEST}`);
    expect(formatEntryId(firstEntryNumberAt(ms + 0.5))).toBe(`${ms}-0`);
    expect(entryTime(`${ms}-7`)).toEqual(time);
  });

  it('before 1970 is the beginning', () => {
    expect([firstEntryIdAt(new Date(-5)), lastEntryIdBefore(new Date(-5))]).toEqual(['0-0', '0-0']);
    expect(firstEntryNumberAt(-5)).toBe(0n);
  });
});

describe('what is no entry id', () => {
  it.each([
    ['', ' 1-0', '1-', '-1', '1-2-3', '1.5', '0x1', '$', '(1-0', '1-0\n'],
    [String(HIGHEST + 1n), `1-${HIGHEST + 1n}`, '1'.repeat(21), `${HIGHEST}0-0`],
  ])('is none: %j', (...texts) => {
    for (const text of texts) {
      expect([text, isEntryId(text)]).toEqual([text, false]);
      expect(parseEntryId(text)).toBeUndefined();
    }
  });

  it('the highest of all is one', () => {
    expect(parseEntryId(`${HIGHEST}-${HIGHEST}`)).toBe(MAX_ENTRY_NUMBER);
  });
});
