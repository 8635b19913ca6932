import { beforeEach, describe, expect, it } from '@jest/globals';
import { DisconnectedError } from '../../../../lib/errors.js';
import { PageSize } from '../../../../lib/reading/stream/page-size.js';

const LOST = new DisconnectedError('The connection was lost.');

describe('PageSize', () => {
  let size: PageSize;

  beforeEach(() => {
    size = new PageSize('store.orders.*:stream');
  });

  function entries(count: number, length: number): { nativeId: string; fields: string[] }[] {
    return Array.from({ length: count }, (_, i) => ({
      nativeId: `${i}-0`,
      fields: ['x'.repeat(length)],
    }));
  }

  it('begins with few entries, whose size is not known yet, and doubles up to what is wanted', () => {
    const counts: number[] = [];
    for (let i = 0; i < 6; i++) {
      const count = size.next(100);
      counts.push(count);
      size.arrived(entries(count, 100));
    }
    expect(counts).toEqual([20, 40, 80, 100, 100, 100]);
  });

  it('never asks for more than is wanted, nor for less than one', () => {
    expect(size.next(3)).toBe(3);
    size.arrived(entries(1, 5_000_000));
    expect(size.next(100)).toBe(1);
  });

  it('keeps a page of large entries below 256,000 characters on the average', () => {
    for (let i = 0; i < 10; i++) size.arrived(entries(10, 50_000));
    expect(size.next(100)).toBe(5);
    size.arrived(entries(5, 1_000));
    expect(size.next(1_000)).toBe(256);
  });

  it('learns nothing from a page without entries, or from entries whose data is gone', () => {
    size.arrived([]);
    expect(size.next(100)).toBe(20);
    size.arrived([{ nativeId: '1-0', fields: null }]);
    expect(size.next(100)).toBe(40);
  });

  it('begins anew with one entry where the connection was lost, and tells why when that was lost three times', () => {
    expect(size.failed(10, LOST)).toBe(LOST);
    expect(size.next(100)).toBe(1);
    expect([size.failed(1, LOST), size.failed(1, LOST)]).toEqual([LOST, LOST]);
    expect(size.failed(1, LOST)).toMatchObject({
      message: expect.stringMatching(/3 times in a row.*'store\.orders\.\*:stream'/),
      cause: LOST,
    });
    size.arrived(entries(1, 10));
    expect(size.next(100)).toBe(2);
    expect([size.failed(2, LOST), size.failed(1, LOST)]).toEqual([LOST, LOST]);
  });

  it('learns nothing from another failure', () => {
    const refused = new Error('NOPERM');
    expect(size.failed(10, refused)).toBe(refused);
    expect(size.next(100)).toBe(20);
  });
});
