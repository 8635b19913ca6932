import type { RangeOptions } from '../../../lib/store/entries.js';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { InvalidOptionsError } from '../../../lib/errors.js';
import {
  readDeadLetters,
  type DeadLettersOptions,
  type DeadLetterSource,
} from '../../../lib/operations/read-dead-letters.js';
import type { DeadLetter } from '../../../lib/operations/dead-letter.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';

import { FaultyStore } from '../reading/faulty-store.js';
import { FOREIGN, letterFields, put } from './letters.js';

describe('readDeadLetters', () => {
  let faulty: FaultyStore;
  let now: number;
  let warnings: string[];
  let a: DeadLetterSource;
  let b: DeadLetterSource;

  beforeEach(() => {
    now = 1;
    warnings = [];
    faulty = new FaultyStore();
    faulty.memory = new MemoryStore({ now: () => now });
    a = sourceOf('a.*:stream');
    b = sourceOf('b.*:stream');
  });

  function sourceOf(stream: string): DeadLetterSource {
    return { store: faulty.store, ref: { stream, group: 'shop-stock' } };
  }

  function read(sources: readonly DeadLetterSource[], options: DeadLettersOptions = {}) {
    return readDeadLetters(
      async () => sources,
      options,
      (text) => warnings.push(text),
    );
  }

  async function collect(sources: readonly DeadLetterSource[], options?: DeadLettersOptions) {
    const letters: string[] = [];
    for await (const letter of read(sources, options)) {
      letters.push(`${letter.stream[0]}${letter.id}`);
    }
    return letters;
  }

  function counts(): number[] {
    return faulty.callsOf('deadLetters').map(([, range]) => (range as RangeOptions).count);
  }

  /** One letter a millisecond, from 1 on. */
  async function fill(source: DeadLetterSource, count: number, fields?: string[]): Promise<void> {
    for (now = 1; now <= count; now++) {
      await put(faulty.store, source, letterFields(source, `${now}-0`, fields));
    }
  }

  it('tells the letters of all streams in the order in which they were given up', async () => {
    now = 1;
    await put(faulty.store, b, letterFields(b, '9-0'));
    now = 2;
    await put(faulty.store, a, letterFields(a, '8-0'));
    await put(faulty.store, b, letterFields(b, '7-0'));
    now = 3;
    await put(faulty.store, a, letterFields(a, '6-0'));
    expect(await collect([b, a])).toEqual(['b1-0', 'a2-0', 'b2-0', 'a3-0']);
    const { value: letter } = await read([a]).next();
    expect(letter).toEqual({
      ...{ id: '2-0', stream: 'a.*:stream', nativeId: '8-0', reason: 'failed', message: 'no' },
      ...{ stack: undefined, attempts: 1, listener: 'stock', consumer: 'w1' },
      time: new Date('2024-05-01T00:00:00.000Z'),
      fields: ['value', '8-0'],
    });
  });

  it('goes on after a letter, of several with the same id too', async () => {
    await fill(a, 3);
    await fill(b, 3);
    const all = ['a1-0', 'b1-0', 'a2-0', 'b2-0', 'a3-0', 'b3-0'];
    expect(await collect([b, a])).toEqual(all);
    const pages: string[] = [];
    let after: DeadLettersOptions['after'];
    for (;;) {
      const { value: letter } = await read([a, b], { after, limit: 1 }).next();
      if (!letter) break;
      pages.push(`${letter.stream[0]}${letter.id}`);
      after = letter;
    }
    expect(pages).toEqual(all);
    expect(await collect([a, b], { after: '2-0' })).toEqual(['a3-0', 'b3-0']);
    expect(await collect([a, b], { after: '2' })).toEqual(['a3-0', 'b3-0']);
    const highest = '18446744073709551615-18446744073709551615';
    expect(await collect([a, b], { after: highest })).toEqual([]);
  });

  it('fetches one letter for one, and more the more are taken', async () => {
    await fill(a, 300);
    for await (const { nativeId } of read([a])) {
      expect(nativeId).toBe('1-0');
      break;
    }
    expect(counts()).toEqual([1]);
    faulty.calls.length = 0;
    expect(await collect([a], { limit: 2 })).toHaveLength(2);
    expect(counts()).toEqual([1, 2]);
    faulty.calls.length = 0;
    expect(await collect([a], { limit: 0 })).toEqual([]);
    expect(counts()).toEqual([]);
    expect(await collect([a])).toHaveLength(300);
    expect(counts()).toEqual([1, 10, 100, 100, 100]);
  });

  it('fetches fewer at once where letters are large', async () => {
    await fill(a, 30, ['text', 'x'.repeat(100_000)]);
    expect(await collect([a])).toHaveLength(30);
    expect(Math.max(...counts())).toBeLessThanOrEqual(5);
  });

  it('shows what is no letter as such, in its place, and says so at the end', async () => {
    const [first] = await put(faulty.store, a, ...FOREIGN, letterFields(b, '1-0'));
    await put(faulty.store, a, letterFields(a, '2-0'), ['value', '2'], letterFields(a, '3-0'));
    const letters: DeadLetter[] = [];
    for await (const letter of read([a])) {
      letters.push(letter);
      expect(warnings).toEqual([]);
    }
    const strange = [...FOREIGN.map(() => 'foreign'), 'foreign'];
    expect(letters.map(({ reason }) => reason)).toEqual([
      ...strange,
      'failed',
      'foreign',
      'failed',
    ]);
    expect(letters[0]).toEqual({
      ...{ id: first, stream: 'a.*:stream', nativeId: '', reason: 'foreign', stack: undefined },
      ...{ attempts: 0, listener: '', consumer: '', time: new Date(1), fields: ['value', '1'] },
      message: expect.stringMatching(/Somebody else has put this entry .*'discard' removes it/),
    });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(
      `group 'shop-stock' on 'a.*:stream' has ${FOREIGN.length + 2} entries`,
    );
    expect(warnings[0]).toContain(`(${first}, `);
    expect(warnings[0]).toContain("'discard' removes them");
  });

  it('goes past any number of entries that are no letters', async () => {
    const noise = Array.from({ length: 500 }, () => ['dead_letter', 'null']);
    await put(faulty.store, a, ...noise, letterFields(a, '1-0'), ...noise, letterFields(a, '2-0'));
    expect(await collect([a])).toHaveLength(1_002);
  });

  it('writes no control character of a name into a warning', async () => {
    const forged = sourceOf('a\n\u001b[2J.*:stream');
    await put(faulty.store, forged, ['value', '1']);
    expect(await collect([forged])).toHaveLength(1);
    expect(warnings[0]).toContain("'a\\u000a\\u001b[2J.*:stream'");
  });

  it.each<[DeadLettersOptions, RegExp]>([
    [{ limit: -1 }, /'limit'.*-1/],
    [{ limit: 1.5 }, /'limit'.*1\.5/],
    [{ limit: NaN }, /'limit'.*NaN/],
    [{ after: 'yesterday' }, /'yesterday' is no id of a dead letter/],
    [{ after: '99999999999999999999-0' }, /is no id of a dead letter/],
    [{ after: { id: 5 as unknown as string, stream: 'a' } }, /^5 is no id of a dead letter/],
    [{ after: { id: '\u001b', stream: 'a' } }, /'\\u001b' is no id of a dead letter/],
  ])('refuses %p at once', (options, message) => {
    expect(() => read([a], options)).toThrow(InvalidOptionsError);
    expect(() => read([a], options)).toThrow(message);
  });

  it('passes on that the store cannot be read', async () => {
    await fill(a, 5);
    faulty.fail('deadLetters');
    await expect(collect([a])).rejects.toThrow('deadLetters failed');
  });
});
