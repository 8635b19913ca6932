import { describe, expect, it } from '@jest/globals';
import { formatStatus } from '../../../lib/cli/status/format-status.js';
import { formatBytes, formatDuration } from '../../../lib/cli/status/quantities.js';
import type { StreamStatus } from '../../../lib/cli/status/stream-status.js';
import { textWidth } from '../../../lib/cli/table.js';

const stream: StreamStatus = {
  stream: 'store.orders.*:stream',
  api_name: 'store.orders',
  event_name: '*',
  redis: 'redis://127.0.0.1:6379/0',
  length: 3,
  first: { native_id: '1-0', timestamp: '2024-05-01T00:00:00.000Z' },
  last: { native_id: '3-0', timestamp: '2024-05-02T00:00:00.000Z' },
  memory_bytes: null,
  listeners: [
    {
      group: 'store-stock',
      last_delivered_id: '2-0',
      pending: 1,
      undelivered: null,
      oldest_pending: { native_id: '2-0', consumer: 'w1', idle_ms: 65_000, delivery_count: 4 },
      dead_letters: 7,
      consumers: [{ name: 'w1', pending: 1, idle_ms: 1500 }],
    },
  ],
};

describe('formatStatus', () => {
  it('shows streams with their listeners and consumers', () => {
    expect(formatStatus([stream], 200).split('\n')).toEqual([
      'store.orders.*:stream',
      '3 entries, memory unknown, first 2024-05-01T00:00:00.000Z, last 2024-05-02T00:00:00.000Z, on redis://127.0.0.1:6379/0',
      'LISTENER, CONSUMER  IDLE  PENDING  UNDELIVERED  OLDEST PENDING   DELIVERIES  DEAD LETTERS',
      'store-stock               1        unknown      2-0, idle 1 min  4           7',
      '  w1                1 s   1',
      '',
    ]);
  });

  it('says so where there is nothing', () => {
    expect(formatStatus([], 80)).toBe('There are no streams of events.\n');
    const bare = {
      ...stream,
      length: 1,
      first: null,
      last: null,
      memory_bytes: 900,
      listeners: [],
    };
    expect(formatStatus([bare], 80).split('\n')).toEqual([
      'store.orders.*:stream',
      '1 entry, memory 900 B, on redis://127.0.0.1:6379/0',
      'no listeners',
      '',
    ]);
  });

  it.each([20, 40, 80, 100])('fits %i columns', (width) => {
    const lines = formatStatus([stream], width).split('\n');
    expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(width);
  });
});

describe('quantities', () => {
  it('uses the largest unit that fits', () => {
    expect([0, 999, 1000, 59_999, 60_000, 7_200_000, 200_000_000].map(formatDuration)).toEqual([
      '0 ms',
      '999 ms',
      '1 s',
      '59 s',
      '1 min',
      '2 h',
      '2 d',
    ]);
    expect([0, 999, 1000, 1_940_000, 2e9].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '1.9 MB',
      '2.0 GB',
    ]);
  });
});
