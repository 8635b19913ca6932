import { describe, expect, it } from '@jest/globals';
import { editDistance, nearestTo } from '../../../../lib/config/checks/nearest-key.js';

const KEYS = ['batch_size', 'reclaim_batch_size', 'url', 'stream_use', 'max_stream_length'];

describe('nearestTo', () => {
  it.each([
    ['batch_sise', 'batch_size'],
    ['batchSize', 'batch_size'],
    ['BATCH-SIZE', 'batch_size'],
    ['batch', undefined],
    ['reclaim_batchsize', 'reclaim_batch_size'],
    ['uri', 'url'],
    ['urls', 'url'],
    ['max_length', undefined],
    ['max_streams_length', 'max_stream_length'],
    ['password', undefined],
    ['', undefined],
  ])('finds for %p %p', (key, nearest) => {
    expect(nearestTo(key, KEYS)).toBe(nearest);
  });

  it('takes the nearest of several near keys', () => {
    expect(nearestTo('outgoin', ['incoming', 'outgoing', 'outgoings'])).toBe('outgoing');
  });

  it('takes no longer for a key of a million letters', () => {
    expect(nearestTo('x'.repeat(1_000_000), KEYS)).toBeUndefined();
  });
});

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['flaw', 'lawn', 2],
    ['same', 'same', 0],
  ])('from %p to %p is %p', (left, right, distance) => {
    expect(editDistance(left, right)).toBe(distance);
  });
});
