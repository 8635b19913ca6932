import { beforeEach, describe, expect, it } from '@jest/globals';
import { TransportError } from '../../../lib/errors.js';
import { countUndelivered } from '../../../lib/store/undelivered.js';
import { CommandRefusedError } from '../../../lib/redis/connection-errors.js';
import type { RangeOptions, StoredEntry } from '../../../lib/store/entries.js';

import { MemoryStream } from '../../../lib/store/memory/memory-stream.js';

describe('countUndelivered', () => {
  let stream: MemoryStream;
  let reads: RangeOptions[];

  beforeEach(() => {
    stream = new MemoryStream();
    reads = [];
  });

  /** One entry a millisecond, from 1 on. */
  function fill(count: number, text = 'x'): void {
    for (let ms = 1; ms <= count; ms++) stream.append([['text', text]], ms, null);
  }

  function count(...deliveredIds: string[]) {
    const all = stream.range({ start: '-', end: '+', count: Infinity });
    const range = async (options: RangeOptions): Promise<StoredEntry[]> => {
      reads.push(options);
      return stream.range(options);
    };
    const extent = {
      length: all.length,
      firstId: all[0]?.nativeId ?? null,
      lastGeneratedId: `${stream.lastPosition >> 64n}-${stream.lastPosition & (2n ** 64n - 1n)}`,
    };
    return countUndelivered(range, extent, deliveredIds);
  }

  const exactly = (n: number) => ({ count: n, isAtLeast: false });

  it('reads nothing where a group has been given everything, or nothing', async () => {
    fill(30);
    for (let ms = 1n; ms <= 10n; ms++) stream.delete(ms << 64n);
    const counts = await count('30-0', '31-0', '0-0', '5-0', '10-0');
    expect([...counts.values()]).toEqual([0, 0, 20, 20, 20].map(exactly));
    expect(reads).toEqual([]);
  });

  it('is 0 for a stream without entries, whatever it has held', async () => {
    fill(3);
    for (let ms = 1n; ms <= 3n; ms++) stream.delete(ms << 64n);
    expect([...(await count('0-0', '1-0', '3-0')).values()]).toEqual([0, 0, 0].map(exactly));
  });

  it('counts what follows, for all groups in one pass', async () => {
    fill(2_000);
    stream.delete(1_995n << 64n);
    const counts = await count('1000-0', '1990-0', '1999-0', '1999-5', '1000-0', '1-0');
    expect(Object.fromEntries(counts)).toEqual({
      '1000-0': exactly(999),
      '1990-0': exactly(9),
      '1999-0': exactly(1),
      '1999-5': exactly(1),
      '1-0': exactly(1_998),
    });
    expect(reads.map(({ count: n }) => n)).toEqual([10, 100, 1_000, 1_000]);
  });

  it('reads no further than the position that is farthest back', async () => {
    fill(2_000);
    expect([...(await count('1950-0')).values()]).toEqual([exactly(50)]);
    expect(reads).toHaveLength(2);
  });

  it('counts up to a limit, and says that there is more', async () => {
    fill(10_002);
    expect(Object.fromEntries(await count('1-0', '2-0', '9000-0'))).toEqual({
      '1-0': { count: 10_000, isAtLeast: true },
      '2-0': exactly(10_000),
      '9000-0': exactly(1_002),
    });
  });

  it('fetches a bounded number of characters, in pages and in all', async () => {
    fill(500, 'x'.repeat(100_000));
    const [found] = (await count('1-0')).values();
    expect(found?.isAtLeast).toBe(true);
    expect(found?.count).toBeGreaterThanOrEqual(199);
    const pages = reads.slice(1).map(({ count: n }) => n);
    expect(Math.max(...pages)).toBeLessThanOrEqual(5);
    expect(pages.reduce((sum, n) => sum + n, 10)).toBeLessThan(210);
  });

  it('is unknown only where it takes reading and reading is refused', async () => {
    const extent = { length: 3, firstId: '1-0', lastGeneratedId: '3-0' };
    const refused = () => Promise.reject(new CommandRefusedError('NOPERM xrevrange'));
    const counts = await countUndelivered(refused, extent, ['0-0', '1-0', '2-0', '3-0']);
    expect(Object.fromEntries(counts)).toEqual({
      '0-0': exactly(3),
      '1-0': null,
      '2-0': null,
      '3-0': exactly(0),
    });
    const lost = () => Promise.reject(new TransportError('gone'));
    await expect(countUndelivered(lost, extent, ['1-0'])).rejects.toThrow('gone');
  });
});
