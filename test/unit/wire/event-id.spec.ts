import { describe, expect, it } from '@jest/globals';
import { newEventId, timeOfEventId } from '../../../lib/wire/event-id.js';

describe('event ids', () => {
  it('are UUIDs of version 7, each another one, in the order of time', () => {
    const ids = Array.from({ length: 1_000 }, (_, i) => newEventId(1_700_000_000_000 + i));
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(Array.from({ length: 1_000 }, () => newEventId(1))).size).toBe(1_000);
  });

  it('say when they were made', () => {
    expect(timeOfEventId(newEventId(1_700_000_000_123))).toBe(1_700_000_000_123);
    expect(timeOfEventId(newEventId(0))).toBe(0);
    expect(Math.abs(timeOfEventId(newEventId())! - Date.now())).toBeLessThan(1_000);
  });

  it.each([
    '',
    'order-1',
    '4f3b0c9e-8d3a-4c1e-9b7a-2f0d6c1a9e55',
    '018bcfe5-687b-7000-8000-00000000000',
  ])('of others say nothing: %j', (id) => expect(timeOfEventId(id)).toBeUndefined());
});
