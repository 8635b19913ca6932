import { describe, expect, it } from '@jest/globals';
import { InvalidOptionsError } from '../../../lib/errors.js';
import { errorOf, letterTest } from '../../../lib/operations/dead-letter-filter.js';
import { groupDeadLetters, pickDeadLetters } from '../../../lib/operations/dead-letter-groups.js';
import type { DeadLetter } from '../../../lib/operations/dead-letter.js';

function letterOf(n: number, parts: Partial<DeadLetter> = {}): DeadLetter {
  return {
    ...{ id: `${n}-0`, stream: 'shop.*:stream', nativeId: `1-${n}`, reason: 'failed' },
    ...{ message: `no charge for ${n}`, attempts: n, listener: 'charge', consumer: 'w1' },
    time: new Date(n * 1000),
    fields: [
      'id',
      `e${n}`,
      'api_name',
      'shop',
      'event_name',
      'charged',
      'version',
      '1',
      ':n',
      `${n}`,
    ],
    ...parts,
  };
}

/** Letters, and how many of them were asked for. */
function reading(letters: readonly DeadLetter[]) {
  const read = { count: 0, letters: generate() };
  async function* generate() {
    for (const letter of letters) {
      read.count++;
      yield letter;
    }
  }
  return read;
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe('groupDeadLetters', () => {
  it('tells of each error how many there are, when, of which events, and one of them', async () => {
    const letters = [
      letterOf(2),
      letterOf(3, { reason: 'invalid', message: 'n must be a number', fields: null }),
      letterOf(1, { id: '4-0', stream: 'shop.refunded:stream', fields: [':n', '1', 'id', 'x'] }),
    ];
    const { groups, ...looked } = await groupDeadLetters(reading(letters).letters);
    expect(looked).toEqual({ looked: 3, last: '4-0', next: null });
    expect(groups).toEqual([
      {
        id: errorOf(letters[0]!).id,
        reason: 'failed',
        error: 'no charge for …',
        count: 2,
        firstAt: new Date(1000),
        lastAt: new Date(2000),
        events: ['shop.charged', 'shop.refunded'],
        attempts: 2,
        sample: { id: '4-0', stream: 'shop.refunded:stream', message: 'no charge for 1' },
      },
      expect.objectContaining({ reason: 'invalid', count: 1, events: [] }),
    ]);
  });

  it('looks at so many only, and says where the next look goes on', async () => {
    const read = reading(numbers(5).map((n) => letterOf(n)));
    const { groups, ...looked } = await groupDeadLetters(read.letters, {}, { most: 3 });
    expect(groups.map(({ count }) => count)).toEqual([3]);
    expect(looked).toEqual({ looked: 3, last: '3-0', next: '3-0' });
    expect(read.count).toBe(4);
    const all = reading(numbers(3).map((n) => letterOf(n)));
    expect(await groupDeadLetters(all.letters, {}, { most: 3 })).toMatchObject({ next: null });
  });

  it('ends where letters are large', async () => {
    const large = { fields: ['x', 'y'.repeat(1_000)] };
    const read = reading(numbers(50).map((n) => letterOf(n, large)));
    expect(await groupDeadLetters(read.letters, {}, { length: 4_000 })).toMatchObject({
      looked: 4,
    });
    expect(read.count).toBe(5);
  });

  it('keeps little of a letter, however large it is', async () => {
    const fields = (n: number) => ['event_name', `e${n}`, ':x', 'y'.repeat(10_000)];
    const message = 'z'.repeat(100_000);
    const letters = numbers(40).map((n) => letterOf(n, { fields: fields(n), message }));
    const { groups } = await groupDeadLetters(reading(letters).letters);
    expect(JSON.stringify(groups).length).toBeLessThan(3_000);
  });

  it('takes names for names: __proto__ is one', async () => {
    const letters = [letterOf(1, { reason: '__proto__', message: 'constructor' })];
    const { groups } = await groupDeadLetters(reading(letters).letters);
    expect(groups).toMatchObject([{ reason: '__proto__', error: 'constructor', count: 1 }]);
  });
});

describe('pickDeadLetters', () => {
  it('gives so many of those that are meant, and says where to go on', async () => {
    const letters = numbers(6).map((n) => letterOf(n, n % 2 ? {} : { message: 'other' }));
    const error = errorOf(letters[1]!).id;
    const first = await pickDeadLetters(reading(letters).letters, { error }, 2);
    expect(first.letters.map(({ id }) => id)).toEqual(['2-0', '4-0']);
    expect(first).toMatchObject({ looked: 4, next: '4-0' });
    const last = await pickDeadLetters(reading(letters).letters, { error }, 3);
    expect(last).toMatchObject({ looked: 6, next: null });
  });

  it('parts no letters of one id, so that the next page begins where this one ends', async () => {
    const twin = letterOf(2, { stream: 'shop.refunded:stream' });
    const letters = [letterOf(1), letterOf(2), twin, letterOf(3)];
    const { letters: picked, next } = await pickDeadLetters(reading(letters).letters, {}, 2);
    expect({ ids: picked.map(({ id }) => id), next }).toEqual({
      ids: ['1-0', '2-0', '2-0'],
      next: '2-0',
    });
  });
});

describe('letterTest', () => {
  const letter = letterOf(5);

  it.each([
    [{}, true],
    [{ event: 'charged' }, true],
    [{ event: 'shop.charged' }, true],
    [{ event: 'shop.charge' }, false],
    [{ error: errorOf(letter).id }, true],
    [{ error: errorOf(letterOf(9)).id }, true],
    [{ error: errorOf(letterOf(5, { reason: 'invalid' })).id }, false],
    [{ error: '' }, false],
    [{ since: new Date(5000) }, true],
    [{ since: new Date(5001) }, false],
    [{ until: new Date(5000) }, false],
    [{ until: new Date(5001) }, true],
    [{ upTo: '5-0' }, true],
    [{ upTo: '4-9' }, false],
    [{ event: 'charged', upTo: '4-9' }, false],
  ])('%j: %s', (filter, isMeant) => {
    expect(letterTest(filter)(letter)).toBe(isMeant);
  });

  it('knows no event where there are no fields, or none of an event', () => {
    for (const fields of [null, [], ['x'], ['', '']]) {
      expect(letterTest({ event: 'charged' })(letterOf(1, { fields }))).toBe(false);
    }
  });

  it('refuses what is no id', () => {
    expect(() => letterTest({ upTo: 'x' })).toThrow(InvalidOptionsError);
  });
});
