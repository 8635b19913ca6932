import { describe, expect, it } from '@jest/globals';
import { WorkState } from '../../../lib/handling/work-state.js';
import type { Delivery } from '../../../lib/reading/delivery.js';

const DELIVERY = {
  ...{ stream: 'store.orders.*:stream', nativeId: '1-1' },
  fields: ['id', 'id', 'api_name', 'store.orders', 'event_name', 'placed', 'version', '1'],
} as unknown as Delivery;
const EVENT = {
  ...{ stream: 'store.orders.*:stream', nativeId: '1-1', eventName: 'store.orders.placed' },
};

describe('WorkState', () => {
  it('tells what is handled, what fails, and nothing of what is over', () => {
    const work = new WorkState();
    const look = () => ({ handling: work.handling, failing: work.failing });
    expect(look()).toEqual({ handling: null, failing: null });

    work.begin(DELIVERY);
    const handling = { ...EVENT, since: expect.any(Date) };
    expect(look()).toEqual({ handling, failing: null });

    // It waits for the next attempt: nothing is stuck, however long that takes.
    work.failed({ attempt: 1, error: new Error('no stock'), failingMs: 5_000 }, 60_000);
    expect(work.handlingMs).toBe(0);
    expect(look()).toMatchObject({
      handling: null,
      failing: { attempt: 1, error: expect.stringMatching(/^no stock \(at /), event: EVENT },
    });
    const { since, nextTryAt } = work.failing!;
    expect(Number(nextTryAt) - since.getTime()).toBe(65_000);

    work.begin(DELIVERY);
    expect(look()).toMatchObject({ handling, failing: { attempt: 1 } });

    work.failed({ attempt: 2, error: undefined, failingMs: 6_000 }, null);
    expect(work.failing).toMatchObject({ attempt: 2, nextTryAt: null });

    work.end();
    expect(look()).toEqual({ handling: null, failing: null });
    expect(work.handlingMs).toBe(0);
  });
});
