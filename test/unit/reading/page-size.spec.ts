import { beforeEach, describe, expect, it } from '@jest/globals';
import { PageSize } from '../../../lib/reading/page-size.js';

describe('PageSize', () => {
  let size: PageSize;

  beforeEach(() => {
    size = new PageSize();
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

  it('begins anew with one entry where a page was lost, and counts how often that was lost', () => {
    expect(size.lost(10)).toBe(0);
    expect(size.next(100)).toBe(1);
    expect([size.lost(1), size.lost(1), size.lost(1)]).toEqual([1, 2, 3]);
    size.arrived(entries(1, 10));
    expect(size.next(100)).toBe(2);
    expect(size.lost(2)).toBe(0);
    expect(size.lost(1)).toBe(1);
  });
});
