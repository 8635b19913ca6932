import { describe, expect, it } from '@jest/globals';
import { parseStreamName, streamName } from '../../../lib/wire/stream-names.js';

describe('stream names', () => {
  it('names one stream for all events of an API', () => {
    expect(streamName('store.orders', 'placed', 'per_api')).toBe('store.orders.*:stream');
  });

  it('names one stream for each event', () => {
    expect(streamName('store.orders', 'placed', 'per_event')).toBe('store.orders.placed:stream');
  });

  it('are taken apart at the last dot', () => {
    expect(parseStreamName('store.orders.*:stream')).toEqual({
      apiName: 'store.orders',
      eventName: '*',
    });
    expect(parseStreamName('store.orders.placed:stream')).toEqual({
      apiName: 'store.orders',
      eventName: 'placed',
    });
  });

  it.each([
    '',
    ':stream',
    'orders:stream',
    '.placed:stream',
    'orders.:stream',
    'store.orders.placed',
  ])('do not recognise %j', (stream) => {
    expect(parseStreamName(stream)).toBeNull();
  });
});
