import { describe, expect, it } from '@jest/globals';
import { describeOutlook, redriveOutlook } from '../../../lib/operations/redrive-outlook.js';
import type { ConsumerDetails, FailingEntry } from '../../../lib/store/inspection.js';

function consumer(name: string, leaseMs: number | null | undefined): ConsumerDetails {
  const worker = leaseMs === undefined ? null : { host: 'h', pid: 7, since: 'now', leaseMs };
  return { name, pending: 0, idleMs: 1, worker };
}

function failing(name: string | null, nextTryMs: number | null): FailingEntry {
  return {
    ...{ nativeId: '5-0', eventName: 'shop.charged', consumer: name, attempts: 9 },
    ...{ since: new Date(0), error: 'TypeError: no\u001b[2J' },
    nextTryAt: nextTryMs === null ? null : new Date(nextTryMs),
  };
}

const group = (consumers: ConsumerDetails[], failures: FailingEntry[] = []) => ({
  ...{ consumers, failures },
});

describe('redriveOutlook', () => {
  it('is a start where no worker lives, whoever else is there', () => {
    const gone = [consumer('w1', null), consumer('python', undefined)];
    expect(redriveOutlook([group(gone, [failing('w1', 1)])])).toEqual({ kind: 'no_worker' });
    expect(redriveOutlook([])).toEqual({ kind: 'no_worker' });
  });

  it('is now where a worker lives that tries nothing again', () => {
    const consumers = [consumer('w1', 9), consumer('w2', 9), consumer('w3', null)];
    const failures = [failing('w1', 1), failing('w3', 1), failing(null, 1)];
    const outlook = redriveOutlook([group(consumers, failures)]);
    expect(outlook).toEqual({ kind: 'now', workers: [{ name: 'w2', host: 'h', pid: 7 }] });
    expect(describeOutlook(outlook)).toBe(
      "They are handled now, before newer events, by 'w2' (process 7 on h).",
    );
  });

  it('is after the event that is tried again first, on whichever stream, where each worker tries one', () => {
    const consumers = [consumer('w1', 9), consumer('w2', 9)];
    const others = group(consumers, [failing('w2', 2_000)]);
    const outlook = redriveOutlook([group(consumers, [failing('w1', 5_000)]), others]);
    expect(outlook).toMatchObject({ kind: 'after', worker: { name: 'w2' } });
    expect(describeOutlook(outlook)).toBe(
      'They are handled after shop.charged 5-0, which fails since 1970-01-01T00:00:00.000Z ' +
        "(9 attempts, next try 1970-01-01T00:00:02.000Z: TypeError: no\\u001b[2J), with 'w2' (process 7 on h).",
    );
  });

  it('names a few of many workers', () => {
    const consumers = ['a', 'b', 'c', 'd', 'e'].map((name) => consumer(name, 1));
    expect(describeOutlook(redriveOutlook([group(consumers), group(consumers)]))).toMatch(
      /by 'a' \(process 7 on h\), 'b' .*, 'c' .* or 2 more\.$/,
    );
  });
});
