import { beforeEach, describe, expect, it } from '@jest/globals';
import { TransportError } from '../../lib/errors.js';
import {
  ALL,
  append,
  consumerOf,
  ids,
  newStream,
  values,
  type Current,
} from './contract-fixtures.js';

export function describeRange(current: Current): void {
  describe('range', () => {
    let stream: string;
    let stored: string[];

    beforeEach(async () => {
      stream = newStream();
      stored = [];
      // One by one, so that the ids may differ in milliseconds and in sequence numbers.
      for (const value of ['a', 'b', 'c', 'd', 'e']) {
        stored.push(...(await append(current().store, stream, value)));
      }
    });

    const read = async (start: string, end: string, count = 100, reverse?: boolean) =>
      values(await current().store.range(stream, { start, end, count, reverse }));

    it('reads all entries from the first to the last, and backwards', async () => {
      expect(await read('-', '+')).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(await read('-', '+', 100, true)).toEqual(['e', 'd', 'c', 'b', 'a']);
    });

    it('includes both bounds', async () => {
      expect(await read(stored[1]!, stored[3]!)).toEqual(['b', 'c', 'd']);
      expect(await read(stored[1]!, stored[3]!, 100, true)).toEqual(['d', 'c', 'b']);
      expect(await read(stored[2]!, stored[2]!)).toEqual(['c']);
    });

    it('excludes bounds that start with a parenthesis', async () => {
      expect(await read(`(${stored[1]}`, '+')).toEqual(['c', 'd', 'e']);
      expect(await read('-', `(${stored[3]}`)).toEqual(['a', 'b', 'c']);
      expect(await read(`(${stored[1]}`, `(${stored[3]}`, 100, true)).toEqual(['c']);
      expect(await read(`(${stored[4]}`, '+')).toEqual([]);
      expect(await read(`(${stored[1]}`, `(${stored[2]}`)).toEqual([]);
    });

    it('takes milliseconds alone for the whole of that millisecond', async () => {
      const [first = ''] = stored[0]!.split('-');
      const [last = ''] = stored[4]!.split('-');
      expect(await read(first, last)).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(await read(String(BigInt(last) + 1n), '+')).toEqual([]);
      expect(await read('-', String(BigInt(first) - 1n))).toEqual([]);
    });

    it('reads no more than count entries, from the end that it starts at', async () => {
      expect(await read('-', '+', 2)).toEqual(['a', 'b']);
      expect(await read('-', '+', 2, true)).toEqual(['e', 'd']);
      expect(await read(stored[1]!, stored[3]!, 1, true)).toEqual(['d']);
      expect(await read('-', '+', 0)).toEqual([]);
    });

    it('covers a stream once when paged by the last id', async () => {
      const pages: (string | undefined)[][] = [];
      // Bounded, so that pages without an end are a failure and not a hang.
      for (let start = '-'; pages.length < 10;) {
        const page = await current().store.range(stream, { start, end: '+', count: 2 });
        if (page.length === 0) break;
        pages.push(values(page));
        start = `(${page.at(-1)?.nativeId}`;
      }
      expect(pages).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    });

    it('finds nothing between bounds in the wrong order, or in a stream that does not exist', async () => {
      expect(await read(stored[3]!, stored[1]!)).toEqual([]);
      expect(await current().store.range(newStream(), ALL)).toEqual([]);
    });

    it('reads the same whoever has read and acknowledged', async () => {
      const { store } = current();
      const w1 = consumerOf(stream);
      await store.openGroup(w1, { since: '0' });
      await store.acknowledge(w1, ids(await store.readNew(w1, 3)));
      expect(ids(await store.range(stream, ALL))).toEqual(stored);
    });

    it('leaves out entries whose data was deleted', async () => {
      await current().deleteUpTo(stream, stored[1]!);
      expect((await read('-', '+')).slice(0, 3)).toEqual(['c', 'd', 'e']);
      expect(await read(stored[0]!, stored[1]!)).toEqual([]);
    });

    it.each(['yesterday', '1-2-3', '(-', '', '18446744073709551616-0', '-1'])(
      'refuses %j as a bound',
      async (bound) => {
        await expect(read(bound, '+')).rejects.toThrow(TransportError);
        await expect(read('-', bound)).rejects.toThrow('Invalid stream ID');
      },
    );
  });
}
