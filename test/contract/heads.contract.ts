import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HeadsOptions, RangeOptions } from '../../lib/store/entries.js';
import { newStream, type Current } from './contract-fixtures.js';

const WHOLE = { start: '-', end: '+', count: 100 };

export function describeHeads(current: Current): void {
  describe('heads', () => {
    let stream: string;
    let stored: string[];

    beforeEach(async () => {
      stream = newStream();
      stored = await store(['a', 'b', 'c', 'd', 'e'].map((name) => ['event_name', name]));
    });

    const store = (entries: string[][]) =>
      current().store.append(stream, entries, { maxLength: null, timeoutMs: 1_000 });

    const read = (ranges: RangeOptions[], options: HeadsOptions = { bytes: 1_000_000 }) =>
      current().store.heads(stream, ranges, options);

    const names = async (ranges: RangeOptions[], options?: HeadsOptions) =>
      (await read(ranges, options)).ranges.map(({ heads, isCut }) => {
        return `${heads.map(({ eventName }) => eventName).join('')}${isCut ? '...' : ''}`;
      });

    it('tells ids and names, and how much was read for it', async () => {
      const fields = ['id', 'x', 'api_name', 'my.api', 'event_name', 'thing', ':payload', '"x"'];
      const [nativeId] = await store([fields]);
      expect(await read([{ start: nativeId!, end: '+', count: 10 }])).toEqual({
        ranges: [{ heads: [{ nativeId, apiName: 'my.api', eventName: 'thing' }], isCut: false }],
        entries: 1,
        bytes: fields.join('').length,
      });
    });

    it('reads several ranges, each from the end that it starts at', async () => {
      const from = { start: stored[1]!, end: stored[3]!, count: 2 };
      expect(await names([WHOLE, from, { ...from, reverse: true }])).toEqual(['abcde', 'bc', 'dc']);
      expect(await names([{ ...WHOLE, start: `(${stored[4]}` }])).toEqual(['']);
    });

    it('finds nothing on a stream that is not there', async () => {
      stream = newStream();
      expect(await read([WHOLE])).toEqual({
        ranges: [{ heads: [], isCut: false }],
        entries: 0,
        bytes: 0,
      });
    });

    it('says nothing of what an entry does not say, and takes the last of two', async () => {
      await store([
        ['x', 'y'],
        ['event_name', 'first', 'event_name', 'last'],
      ]);
      const { ranges } = await read([{ ...WHOLE, start: `(${stored[4]}` }]);
      expect(ranges[0]?.heads).toMatchObject([
        { apiName: '', eventName: '' },
        { apiName: '', eventName: 'last' },
      ]);
    });

    it('cuts long names, within a character, too', async () => {
      await store([['api_name', 'x'.repeat(10_000), 'event_name', `${'y'.repeat(199)}ä`]]);
      const { ranges } = await read([{ ...WHOLE, reverse: true, count: 1 }]);
      expect(ranges[0]?.heads).toMatchObject([
        { apiName: 'x'.repeat(200), eventName: `${'y'.repeat(199)}\ufffd` },
      ]);
    });

    it('reads no more than it may, but one entry at least', async () => {
      expect(await names([WHOLE, WHOLE], { bytes: 22, entryBytes: 11 })).toEqual(['ab...']);
      expect(await names([WHOLE, WHOLE], { bytes: 56, entryBytes: 11 })).toEqual(['abcde', 'a...']);
      expect(await names([WHOLE], { bytes: 1, entryBytes: 11 })).toEqual(['a...']);
    });

    it('learns how large entries are from a few', async () => {
      await store(Array.from({ length: 20 }, () => ['x', 'y'.repeat(10_000)]));
      const large = { ...WHOLE, start: `(${stored[4]}` };
      const { entries, ranges } = await read([large], { bytes: 60_000 });
      expect(ranges[0]?.isCut).toBe(true);
      expect(entries).toBeLessThanOrEqual(7);
    });
  });
}
