import { describe, expect, it } from '@jest/globals';
import stringWidth from 'string-width';
import { formatStatus } from '../../../lib/cli/status/format-status.js';
import { formatBytes, formatDuration } from '../../../lib/cli/status/quantities.js';
import type { StreamStatus } from '../../../lib/operations/stream-status.js';

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
      unclaimed: 0,
      undelivered: null,
      undelivered_at_least: false,
      oldest_pending: { native_id: '2-0', consumer: 'w1', pending_ms: 65_000, delivery_count: 4 },
      failing: [],
      dead_letters: 7,
      oldest_dead_letter_at: null,
      lost_history: null,
      consumers: [{ name: 'w1', pending: 1, idle_ms: 1500, worker: null }],
    },
  ],
};

describe('formatStatus', () => {
  it('shows streams with their listeners and consumers', () => {
    expect(formatStatus([stream], 200).split('\n')).toEqual([
      'store.orders.*:stream',
      '3 entries, memory unknown, on redis://127.0.0.1:6379/0',
      'first 2024-05-01T00:00:00.000Z, last 2024-05-02T00:00:00.000Z',
      'LISTENER, CONSUMER  IDLE  PENDING  UNDELIVERED  DEAD LETTERS',
      'store-stock               1        unknown      7',
      '  oldest pending 2-0, for 1 min, delivered 4 times, with w1',
      '  w1                1 s   1',
      '',
    ]);
  });

  it('shows what fails, what waits, what was lost and who is gone', () => {
    const [listener] = stream.listeners;
    const worker = { host: 'box', pid: 7, since: '2024-05-01T00:00:00.000Z', alive: false };
    const troubled = {
      ...listener!,
      unclaimed: 2,
      oldest_pending: { native_id: '2-0', consumer: null, pending_ms: null, delivery_count: 1 },
      failing: [
        {
          ...{ native_id: '2-0', event: 'store.orders.placed', consumer: 'w1', attempts: 9 },
          since: '2024-05-02T03:00:00.000Z',
          error: 'TypeError: \x1b[31mno stock',
          next_try_at: '2024-05-02T03:10:00.000Z',
        },
        {
          ...{ native_id: '3-0', event: null, consumer: null, attempts: 1, error: 'gone' },
          since: '2024-05-02T03:00:00.000Z',
          next_try_at: null,
        },
      ],
      lost_history: {
        ...{ times: 2, after: '1-0', until: null, noticed_at: '2024-05-02T02:00:00.000Z' },
      },
      consumers: [{ name: 'w1', pending: 1, idle_ms: 1500, worker }],
    };
    expect(
      formatStatus([{ ...stream, listeners: [troubled] }], 200)
        .split('\n')
        .slice(4),
    ).toEqual([
      'store-stock               1        unknown      7',
      '  FAILING since 2024-05-02T03:00:00.000Z: store.orders.placed 2-0',
      '    9 attempts, next try at 2024-05-02T03:10:00.000Z',
      '    TypeError: \\u001b[31mno stock',
      '  FAILING since 2024-05-02T03:00:00.000Z: event 3-0',
      '    1 attempt, no further try by this process',
      '    gone',
      '  oldest pending 2-0, for an unknown time, delivered 1 time, waits for a worker',
      '  2 of the pending were handed back or redriven, and wait for a worker',
      '  HISTORY LOST 2 times, last: all that followed 1-0, noticed 2024-05-02T02:00:00.000Z',
      '  w1 (gone)         1 s   1',
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

  it('cuts nothing at 80 columns that matters', () => {
    const [listener] = stream.listeners;
    const oldest = listener!.oldest_pending!;
    const group = 'online_store-notify_customer_by_mail';
    const large: StreamStatus = {
      ...stream,
      length: 1_000_000,
      memory_bytes: 2e9,
      listeners: [
        {
          ...listener!,
          group,
          pending: 1000,
          undelivered: 10_000,
          undelivered_at_least: true,
          dead_letters: 1000,
          oldest_pending: {
            ...oldest,
            native_id: '1714521603000-0',
            consumer: 'worker1',
            pending_ms: 3_000_000,
            delivery_count: 12,
          },
        },
      ],
    };
    expect(formatStatus([large], 80).split('\n')).toEqual([
      'store.orders.*:stream',
      '1000000 entries, memory 2.0 GB, on redis://127.0.0.1:6379/0',
      'first 2024-05-01T00:00:00.000Z, last 2024-05-02T00:00:00.000Z',
      'LISTENER, CONSUMER                    IDLE  PENDING  UNDELIVERED  DEAD LETTERS',
      'online_store-notify_customer_by_mail        1000     10000+       1000',
      '  oldest pending 1714521603000-0, for 50 min, delivered 12 times, with worker1',
      '  w1                                  1 s   1',
      '',
    ]);
  });

  it.each([20, 40, 80, 100])('fits %i columns', (width) => {
    const lines = formatStatus([stream], width).split('\n');
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
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
