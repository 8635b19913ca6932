import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { newEventId, timeOfEventId } from '../../../lib/wire/event-id.js';

describe('event ids', () => {
  it('are UUIDs of version 8, each another one, in the order of time', () => {
    const ids = Array.from({ length: 1_000 }, (_, i) => newEventId(1_700_000_000_000 + i));
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(Array.from({ length: 1_000 }, () => newEventId(1))).size).toBe(1_000);
  });

  it('say which time they were given', () => {
    expect(timeOfEventId(newEventId(1_700_000_000_123))).toBe(1_700_000_000_123);
    expect(timeOfEventId(newEventId(1_700_000_000_123.9))).toBe(1_700_000_000_123);
    expect(timeOfEventId(newEventId(0))).toBe(0);
    expect(timeOfEventId(newEventId(undefined))).toBe(0);
  });

  it.each([
    '',
    'order-1',
    '4f3b0c9e-8d3a-4c1e-9b7a-2f0d6c1a9e55',
    '018bcfe5-687b-7000-8000-000000000000',
    '018bcfe5-687b-8000-8000-000000000000',
    newEventId(1).toUpperCase(),
    newEventId(1).slice(0, -1),
    randomUUID(),
  ])('of others say nothing: %j', (id) => expect(timeOfEventId(id)).toBeUndefined());
});
