import { describe, expect, it } from '@jest/globals';
import {
  BusClosedError,
  EventSerializationError,
  EventValidationError,
  FireError,
  NotReplicatedError,
  PartiallyStoredError,
  PublishError,
  PublishOutcomeUnknownError,
  StoredEventUnreadError,
  UnknownEventError,
} from '../../lib/fire-errors.js';
import { LightbusError } from '../../lib/errors.js';

const stored = [{ id: 'id1', nativeId: '1-1', stream: 'a.*:stream' }];
const facts = { ids: ['id1', 'id2'], stored, retry: 'with_ids' } as const;

describe('an error of firing', () => {
  it.each([
    [new UnknownEventError('m'), 'LIGHTBUS_UNKNOWN_EVENT'],
    [new EventValidationError('m', 'a.b', []), 'LIGHTBUS_EVENT_VALIDATION'],
    [new EventSerializationError('m'), 'LIGHTBUS_EVENT_SERIALIZATION'],
    [new BusClosedError('m'), 'LIGHTBUS_BUS_CLOSED'],
    [new PublishError('m'), 'LIGHTBUS_PUBLISH'],
    [new PartiallyStoredError('m'), 'LIGHTBUS_PARTIALLY_STORED'],
    [new PublishOutcomeUnknownError('m'), 'LIGHTBUS_PUBLISH_OUTCOME_UNKNOWN'],
    [new StoredEventUnreadError('m'), 'LIGHTBUS_STORED_EVENT_UNREAD'],
    [new NotReplicatedError('m', { replicas: 0 }), 'LIGHTBUS_NOT_REPLICATED'],
  ])(
    'has a stable code, and says never to fire again unless told otherwise: $name',
    (error, code) => {
      expect(error).toBeInstanceOf(FireError);
      expect(error).toBeInstanceOf(LightbusError);
      expect(error.name).toBe(error.constructor.name);
      expect(error.code).toBe(code);
      expect([error.retry, error.ids, error.stored, error.id]).toEqual(['never', [], [], '']);
    },
  );

  it('has the facts of its call', () => {
    const cause = new Error('why');
    const error = new PublishOutcomeUnknownError('m', facts, { cause });
    expect(error).toMatchObject({ ...facts, id: 'id1', cause });
  });

  it('has the entry id of the first event where all are stored', () => {
    const error = new NotReplicatedError('m', { ...facts, replicas: 1 });
    expect(error).toMatchObject({ ...facts, id: 'id1', nativeId: '1-1', replicas: 1 });
    expect(new NotReplicatedError('m', { replicas: 1 }).nativeId).toBe('');
  });
});
