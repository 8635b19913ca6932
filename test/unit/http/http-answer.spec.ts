import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as errors from '../../../lib/errors.js';
import * as fireErrors from '../../../lib/fire-errors.js';
import { httpAnswerOf } from '../../../lib/http/http-answer.js';

const {
  DisconnectedError,
  InvalidOptionsError,
  LightbusError,
  ProjectionStoppedError,
  TransportError,
  WaitTimeoutError,
} = errors;
const {
  BusClosedError,
  ConcurrencyError,
  EventSerializationError,
  EventValidationError,
  FireError,
  NotReplicatedError,
  PartiallyStoredError,
  PublishError,
  PublishOutcomeUnknownError,
  StoredEventUnreadError,
  UnknownEventError,
} = fireErrors;

const SECRET = 'Redis at redis://inner.host:6379/0: NOPERM hunter2';
const STORED = { id: 'a', nativeId: '1-0', stream: 's' };
const ids = ['a', 'b'];
const withIds = { ids, retry: 'with_ids' } as const;
const versions = { key: 'hunter2', expected: 1, actual: 2 };

// prettier-ignore
const CASES: readonly (readonly [error: errors.LightbusError, status: number, says: RegExp, retryAfter?: string])[] = [
  [new ConcurrencyError(SECRET, versions), 409, /Nothing was stored/],
  [new PublishError(SECRET, { ids, retry: 'again' }), 503, /Nothing was stored: try again/, '5'],
  [new BusClosedError(SECRET, { ids }), 503, /Nothing was stored: try again/, '5'],
  [new TransportError(SECRET), 503, /can't be reached, or refused/, '5'],
  [new DisconnectedError(SECRET), 503, /can't be reached, or refused/, '5'],
  [new PublishOutcomeUnknownError(SECRET, withIds), 503, /may have been stored/],
  [new PartiallyStoredError(SECRET, { ...withIds, stored: [STORED] }), 503, /may have been stored/],
  [new StoredEventUnreadError(SECRET, withIds), 503, /may have been stored/],
  [new NotReplicatedError(SECRET, { ...withIds, replicas: 0 }), 503, /may have been stored/],
  [new WaitTimeoutError(SECRET), 504, /do not send it again/],
  [new PublishError(SECRET, { ids }), 500, /^Internal server error$/],
  [new PublishOutcomeUnknownError(SECRET, { ids }), 500, /^Internal server error$/],
  [new UnknownEventError(SECRET), 500, /^Internal server error$/],
  [new EventSerializationError(SECRET), 500, /^Internal server error$/],
  [new InvalidOptionsError(SECRET), 500, /^Internal server error$/],
  // It is waited for after something was stored: who hears of a mere failure stores it again.
  [new ProjectionStoppedError(SECRET), 504, /do not send it again/],
  // A rule has thrown: that is no fault of whoever sent it.
  [new EventValidationError(SECRET, 'a.b', [{ path: 'p', value: SECRET, constraints: { c: SECRET } }], { cause: 1 }), 500, /^Internal server error$/],
];

const NAMES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  409: 'Conflict',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

describe('httpAnswerOf', () => {
  it.each(CASES.map((one) => [one[0].constructor.name, one[1], one] as const))(
    'of %s is %i, as Nest writes it, without the text of the error',
    (_, status, [error, , says, retryAfter]) => {
      const { body, headers, ...answer } = httpAnswerOf(error, 400);

      expect(answer.status).toBe(status);
      const { statusCode, message, error: name, ...more } = body;
      expect(statusCode).toBe(status);
      expect(message).toMatch(says);
      expect(name).toBe(NAMES[status]);
      const isUnsure = error instanceof FireError && error.retry === 'with_ids';
      expect(more).toEqual(isUnsure ? { ids } : {});
      expect(headers).toEqual(retryAfter === undefined ? {} : { 'Retry-After': retryAfter });
      expect(JSON.stringify(body)).not.toMatch(/inner|hunter2|NOPERM/);
    },
  );

  it('knows every error of this module', () => {
    const classes = Object.values({ ...errors, ...fireErrors }).filter(
      (one) => one !== LightbusError && one !== FireError,
    );
    for (const type of classes) {
      const error = Object.create(type.prototype) as errors.LightbusError;
      expect([400, 409, 500, 503, 504]).toContain(
        httpAnswerOf(Object.assign(error, { properties: [], ids, retry: 'never' }), 400).status,
      );
    }
  });

  it('lists what is wrong with an event as the ValidationPipe does, and by property', () => {
    const error = new EventValidationError(SECRET, 'store.orders.placed', [
      { path: 'customer', value: 'hunter2', constraints: { isEmail: 'customer must be an email' } },
      {
        path: 'lines.0.quantity',
        value: 'hunter2',
        constraints: { isInt: 'quantity must be an integer', min: 'quantity must be 1 or more' },
        index: 3,
      },
    ]);

    expect(httpAnswerOf(error, 400)).toEqual({
      status: 400,
      headers: {},
      body: {
        statusCode: 400,
        message: [
          'customer must be an email',
          'lines.0.quantity must be an integer',
          'lines.0.quantity must be 1 or more',
        ],
        error: 'Bad Request',
        properties: [
          { path: 'customer', constraints: { isEmail: 'customer must be an email' } },
          {
            path: 'lines.0.quantity',
            constraints: {
              isInt: 'quantity must be an integer',
              min: 'quantity must be 1 or more',
            },
            index: 3,
          },
        ],
      },
    });
    expect(httpAnswerOf(error, 422)).toMatchObject({
      status: 422,
      body: { statusCode: 422, error: 'Unprocessable Entity' },
    });
  });

  it('asks a client to try again only where nothing was stored', () => {
    const fireError = fc
      .record({
        type: fc.constantFrom(PublishError, PublishOutcomeUnknownError, PartiallyStoredError),
        retry: fc.constantFrom('again' as const, 'with_ids' as const, 'never' as const),
        stored: fc.constantFrom([], [STORED]),
      })
      // What a FireError promises of itself.
      .filter(({ retry, stored }) => retry !== 'again' || stored.length === 0)
      .map(({ type, retry, stored }) => new type(SECRET, { ids, retry, stored }));
    fc.assert(
      fc.property(fireError, (error) => {
        const { headers } = httpAnswerOf(error, 400);
        expect('Retry-After' in headers).toBe(error.retry === 'again');
      }),
    );
  });
});
