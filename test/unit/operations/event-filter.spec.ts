import { describe, expect, it } from '@jest/globals';
import { holdsWanted, isWanted } from '../../../lib/operations/event-filter.js';
import type { DecodedEvent } from '../../../lib/wire/by-field.js';

const event: DecodedEvent = {
  kind: 'event',
  id: 'e1',
  apiName: 'store.orders',
  eventName: 'placed',
  version: 2,
  parameters: { n: 1 },
  notes: [],
};

describe('holdsWanted', () => {
  const perApi = { apiName: 'store.orders', eventName: '*' };
  const perEvent = { apiName: 'store.orders', eventName: 'placed' };
  const internal = { apiName: 'internal.metrics', eventName: '*' };

  it('takes every stream but those of internal APIs', () => {
    expect([perApi, perEvent, internal].map((owner) => holdsWanted(owner, {}))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('takes internal APIs that are named, or asked for', () => {
    expect(holdsWanted(internal, { api: /^internal/ })).toBe(true);
    expect(holdsWanted(internal, { internal: true })).toBe(true);
    expect(holdsWanted(perApi, { internal: true })).toBe(true);
  });

  it('leaves out streams of other APIs, and of other events alone', () => {
    expect(holdsWanted(perApi, { api: /^other$/ })).toBe(false);
    expect(holdsWanted(perApi, { event: /^paid$/ })).toBe(true);
    expect(holdsWanted(perEvent, { event: /^paid$/ })).toBe(false);
    expect(holdsWanted(perEvent, { event: /^placed$/ })).toBe(true);
  });
});

describe('isWanted', () => {
  it('wants every condition to hold', () => {
    const all = {
      id: 'e1',
      event: /^placed$/,
      version: (version: number) => version > 1,
      jsonPath: (payload: object) => 'n' in payload,
    };
    expect(isWanted(event, {})).toBe(true);
    expect(isWanted(event, all)).toBe(true);
    expect(isWanted(event, { ...all, id: 'e2' })).toBe(false);
    expect(isWanted(event, { ...all, event: /^paid$/ })).toBe(false);
    expect(isWanted(event, { ...all, version: () => false })).toBe(false);
    expect(isWanted(event, { ...all, jsonPath: () => false })).toBe(false);
  });
});
