import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Allow, IsInt } from 'class-validator';
import type { Redis } from 'ioredis';
import {
  BusClosedError,
  Event,
  EventSerializationError,
  EventValidationError,
  FireError,
  InvalidOptionsError,
  NotReplicatedError,
  PartiallyStoredError,
  PublishError,
  PublishOutcomeUnknownError,
  UnknownEventError,
  type FireRetry,
} from 'nestjs-lightbus';
import { failureOf } from '../../../lib/bus/publish-failure.js';
import { startApplication, type Application } from '../../e2e/application.js';
import { sharedRedis, startRedis, uniqueName } from '../../support/redis-server.js';
import { startProxy } from '../../support/tcp-proxy.js';
import { waitFor } from '../../support/wait-for.js';

const [A, B, PER_EVENT] = ['all_a', 'all_b', 'all_per_event'].map(uniqueName) as [
  string,
  string,
  string,
];

@Event(`${A}.counted`)
class CountedA {
  @IsInt() n!: number;
}

@Event(`${A}.noted`)
class NotedA {
  @Allow() text!: unknown;
}

@Event(`${B}.counted`)
class CountedB {
  @IsInt() n!: number;
}

@Event(`${B}.noted`)
class NotedB {
  @Allow() text!: unknown;
}

class Unregistered extends CountedA {}
Event(`${A}.unregistered`)(Unregistered);

function make<T extends object>(type: new () => T, payload: Partial<T>): T {
  return Object.assign(new type(), payload);
}

const failure = (call: Promise<unknown>) => call.catch((error: unknown) => error);
const a = (n: number) => make(CountedA, { n });
const b = (n: number) => make(CountedB, { n });

describe('EventBus.fireAll', () => {
  let redis: Redis;
  let application: Application;

  beforeAll(async () => {
    const shared = await sharedRedis();
    redis = shared.client();
    application = await startApplication({
      url: shared.url,
      service: uniqueName('service'),
      events: [CountedA, NotedA, CountedB, NotedB],
    });
  });
  afterAll(() => application.close());

  async function numbers(stream: string): Promise<number[]> {
    const entries = await redis.xrange(stream, '-', '+');
    return entries.map(([, fields]) => Number(fields[fields.indexOf(':n') + 1]));
  }

  it('stores nothing, and resolves to nothing, for no events', async () => {
    expect(await application.bus.fireAll([])).toEqual([]);
  });

  it('stores events in order, and resolves to their messages in order', async () => {
    const events = Array.from({ length: 50 }, (_, n) => a(n));
    const messages = await application.bus.fireAll(events);
    expect(messages.map(({ payload }) => payload)).toEqual(events);
    expect(await numbers(`${A}.*:stream`)).toEqual(events.map(({ n }) => n));
    const ids = (await redis.xrange(`${A}.*:stream`, '-', '+')).map(([id]) => id);
    expect(messages.map(({ nativeId }) => nativeId)).toEqual(ids);
    await redis.del(`${A}.*:stream`);
  });

  it('lets nothing come between the events of one call', async () => {
    const batches = [0, 1, 2, 3, 4].map((batch) =>
      Array.from({ length: 20 }, (_, i) => a(batch * 20 + i)),
    );
    await Promise.all([
      ...batches.map((batch) => application.bus.fireAll(batch)),
      ...[1000, 1001, 1002].map((n) => application.bus.fire(a(n))),
    ]);
    const stored = (await numbers(`${A}.*:stream`)).filter((n) => n < 1000);
    const all = await numbers(`${A}.*:stream`);
    for (const batch of batches) {
      const from = all.indexOf(batch[0]?.n ?? -1);
      expect(all.slice(from, from + 20)).toEqual(batch.map(({ n }) => n));
    }
    expect(stored).toHaveLength(100);
    await redis.del(`${A}.*:stream`);
  });

  it('stores the events of several streams, each stream in order', async () => {
    const messages = await application.bus.fireAll([b(1), a(1), a(2), b(2), a(3)]);
    expect(messages.map(({ stream, payload }) => [stream, (payload as CountedA).n])).toEqual([
      [`${B}.*:stream`, 1],
      [`${A}.*:stream`, 1],
      [`${A}.*:stream`, 2],
      [`${B}.*:stream`, 2],
      [`${A}.*:stream`, 3],
    ]);
    expect(await numbers(`${A}.*:stream`)).toEqual([1, 2, 3]);
    expect(await numbers(`${B}.*:stream`)).toEqual([1, 2]);
    await redis.del(`${A}.*:stream`, `${B}.*:stream`);
  });

  it.each<[string, object, new (...args: never[]) => Error]>([
    ['invalid', make(CountedB, { n: 0.5 }), EventValidationError],
    ['not registered', new Unregistered(), UnknownEventError],
    ['nothing that JSON can carry', make(NotedB, { text: Symbol('s') }), EventSerializationError],
  ])('sends nothing to any stream where one event is %s', async (_, event, type) => {
    await expect(application.bus.fireAll([a(1), b(1), event])).rejects.toThrow(type);
    expect(await redis.exists(`${A}.*:stream`, `${B}.*:stream`)).toBe(0);
  });

  it('names every invalid event, and all that is wrong with them', async () => {
    const wrong = make(NotedA, { text: 1, colour: 'red' } as Partial<NotedA>);
    const events = [a(0.5), b(1), wrong, b(0.5)];
    const error = await failure(application.bus.fireAll(events));
    expect(error).toBeInstanceOf(EventValidationError);
    expect(error).toMatchObject({
      canonicalName: `${A}.counted`,
      properties: [
        { index: 0, path: 'n', value: 0.5 },
        { index: 2, path: 'colour', value: 'red' },
        { index: 3, path: 'n', value: 0.5 },
      ],
      message: expect.stringMatching(/Event 0: .*Event 2: .*colour.*Event 3: /),
    });
  });

  it('says what is stored, and stores the rest only, when it is fired again under the same ids', async () => {
    await redis.set(`${B}.*:stream`, 'no stream');
    const events = [a(1), b(1), a(2), b(2)];
    const error = await failure(application.bus.fireAll(events));
    const stored = (await redis.xrange(`${A}.*:stream`, '-', '+')).map(([nativeId, fields]) => ({
      id: fields[1],
      nativeId,
      stream: `${A}.*:stream`,
    }));
    expect(error).toBeInstanceOf(PartiallyStoredError);
    expect(error).toMatchObject({ stored, cause: expect.any(PublishError) });
    const { ids, message } = error as PartiallyStoredError;
    expect(message).toMatch(/^Only 2 of 4 events are stored\..*WRONGTYPE/);
    expect([ids[0], ids[2]]).toEqual(stored.map(({ id }) => id));
    expect(new Set(ids).size).toBe(4);

    await redis.del(`${B}.*:stream`);
    for (let again = 0; again < 2; again++) {
      const messages = await application.bus.fireAll(events, { ids });
      expect(messages.map(({ id }) => id)).toEqual(ids);
      expect(messages.map(({ nativeId }) => nativeId)).toEqual([
        stored[0]?.nativeId,
        (await redis.xrange(`${B}.*:stream`, '-', '+'))[0]?.[0],
        stored[1]?.nativeId,
        (await redis.xrange(`${B}.*:stream`, '-', '+'))[1]?.[0],
      ]);
    }
    expect(await numbers(`${A}.*:stream`)).toEqual([1, 2]);
    expect(await numbers(`${B}.*:stream`)).toEqual([1, 2]);
    await redis.del(`${A}.*:stream`, `${B}.*:stream`);
  });

  it('gives the ids of all events where the first stream fails', async () => {
    await redis.set(`${B}.*:stream`, 'no stream');
    const error = await failure(application.bus.fireAll([b(1), a(3), b(2)]));
    expect(error).toBeInstanceOf(PublishError);
    expect((error as PublishError).ids).toHaveLength(3);
    expect((error as PublishError).stored).toEqual([]);
    expect(await redis.exists(`${A}.*:stream`)).toBe(0);
    await redis.del(`${B}.*:stream`);
  });

  it('gives the ids in the order of the events where nobody knows what happened', async () => {
    const server = await startRedis();
    const proxy = await startProxy(server.port);
    const { bus } = await startApplication({
      url: proxy.url,
      service: uniqueName('service'),
      events: [CountedA, CountedB],
      api: { event_fire_timeout: 1 },
    });
    proxy.pause();
    const events = [a(1), b(1), a(2)];
    const error = await failure(bus.fireAll(events));
    proxy.resume();
    expect(error).toBeInstanceOf(PublishOutcomeUnknownError);
    const { ids, stored } = error as PublishOutcomeUnknownError;
    expect(stored).toEqual([]);
    const client = server.client();
    await waitFor(async () => (await client.xlen(`${A}.*:stream`)) === 2);
    const written = (await client.xrange(`${A}.*:stream`, '-', '+')).map(([, fields]) => fields[1]);
    expect([ids[0], ids[2]]).toEqual(written);
    await bus.fireAll(events, { ids });
    expect(await client.xlen(`${A}.*:stream`)).toBe(2);
    expect(await client.xlen(`${B}.*:stream`)).toBe(1);
  });

  it.each<[string, unknown]>([
    ['too few ids', { ids: ['x'] }],
    ['the same id twice', { ids: ['x', 'x'] }],
    ['an empty id', { ids: ['x', ''] }],
    ['ids with half a character', { ids: ['\ud800', '\ud801'] }],
    ['ids that are no list', { ids: 'xy' }],
    ['an unknown option', { id: 'x' }],
    ['no object', ['x', 'y']],
  ])('refuses %s', async (_, options) => {
    const firing = application.bus.fireAll([a(1), a(2)], options as object);
    await expect(firing).rejects.toThrow(InvalidOptionsError);
    expect(await redis.exists(`${A}.*:stream`)).toBe(0);
  });

  it('stores nothing of a stream where Redis refuses it in the middle', async () => {
    await redis.set(`${A}.*:stream`, 'no stream');
    await expect(application.bus.fireAll([a(1), a(2)])).rejects.toThrow(/WRONGTYPE/);
    expect(await redis.get(`${A}.*:stream`)).toBe('no stream');
    await redis.del(`${A}.*:stream`);
  });

  it('takes a transaction for each event with a stream of its own (per_event)', async () => {
    @Event(`${PER_EVENT}.opened`)
    class Opened {
      @IsInt() n!: number;
    }
    @Event(`${PER_EVENT}.closed`)
    class Closed {
      @IsInt() n!: number;
    }
    const perEvent = await startApplication({
      url: (await sharedRedis()).url,
      service: uniqueName('service'),
      events: [Opened, Closed],
      redis: { stream_use: 'per_event' },
    });
    await perEvent.bus.fireAll([
      make(Opened, { n: 1 }),
      make(Closed, { n: 2 }),
      make(Opened, { n: 3 }),
    ]);
    expect(await numbers(`${PER_EVENT}.opened:stream`)).toEqual([1, 3]);
    expect(await numbers(`${PER_EVENT}.closed:stream`)).toEqual([2]);
    await perEvent.close();
  });
});

describe('the error of a call', () => {
  const stored = [{ id: 'id1', nativeId: '1-1', stream: 'a.*:stream' }];
  const facts = { ids: ['id1', 'id2'], stored };
  const none = { ids: ['id1', 'id2'], stored: [] };
  const theirs = (retry: FireRetry) => ({ ids: ['id2'], retry });
  const notReplicated = (ids: readonly string[], retry: FireRetry) =>
    new NotReplicatedError('few replicas', {
      ids,
      stored: ids.map((id) => ({ id, nativeId: '1-1', stream: 'a.*:stream' })),
      retry,
      replicas: 1,
    });

  it.each<[FireError, new (message: string) => FireError, FireRetry]>([
    [new PublishError('not stored', theirs('again')), PartiallyStoredError, 'with_ids'],
    [new PublishError('not stored', theirs('never')), PartiallyStoredError, 'never'],
    [new BusClosedError('closed', theirs('never')), PartiallyStoredError, 'never'],
    [
      new PublishOutcomeUnknownError('unknown', theirs('with_ids')),
      PublishOutcomeUnknownError,
      'with_ids',
    ],
    [new PublishOutcomeUnknownError('large', theirs('never')), PublishOutcomeUnknownError, 'never'],
  ])('of which a part is stored, or nothing: $name ($retry)', (error, ofAPart, retryOfAPart) => {
    const part = failureOf(error, facts);
    expect(part).toBeInstanceOf(ofAPart);
    expect(part).toMatchObject({ ...facts, retry: retryOfAPart });
    expect((part as Error).message).toContain(error.message);
    const nothing = failureOf(error, none);
    expect(nothing).toBeInstanceOf(error.constructor);
    expect((nothing as Error).message).toBe(error.message);
    expect(nothing).toMatchObject({ ...none, retry: error.retry });
  });

  it.each<FireRetry>(['with_ids', 'never'])(
    'that is stored on too few replicas, the whole of it or a part (%s)',
    (retry) => {
      const error = notReplicated(['id1'], retry);
      const whole = failureOf(error, { ids: ['id1'], stored });
      expect(whole).toBeInstanceOf(NotReplicatedError);
      expect(whole).toMatchObject({ id: 'id1', nativeId: '1-1', stored, replicas: 1, retry });
      const part = failureOf(error, facts);
      expect(part).toBeInstanceOf(PartiallyStoredError);
      expect(part).toMatchObject({ ...facts, retry, cause: expect.any(NotReplicatedError) });
    },
  );

  it('stays as it is where it is none of ours', () => {
    const other = new TypeError('a fault');
    expect(failureOf(other, none)).toBe(other);
    expect(failureOf('thrown', facts)).toBe('thrown');
  });
});
