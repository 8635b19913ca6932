import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Allow, IsInt } from 'class-validator';
import type { Redis } from 'ioredis';
import {
  BusClosedError,
  Event,
  EventSerializationError,
  EventValidationError,
  PublishError,
  PublishOutcomeUnknownError,
  UnknownEventError,
} from 'nestjs-lightbus';
import { withStored } from '../../../lib/bus/stored-streams.js';
import { startApplication, type Application } from '../../e2e/application.js';
import { sharedRedis, uniqueName } from '../../support/redis-server.js';

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

  it('says which streams hold their events where a later one fails', async () => {
    await redis.set(`${B}.*:stream`, 'no stream');
    const firing = application.bus.fireAll([a(1), b(1), a(2)]);
    await expect(firing).rejects.toThrow(PublishError);
    await expect(firing).rejects.toThrow(`(The events on '${A}.*:stream' are stored.)`);
    expect(await numbers(`${A}.*:stream`)).toEqual([1, 2]);

    const first = application.bus.fireAll([b(1), a(3)]);
    await expect(first).rejects.toThrow(PublishError);
    await expect(first).rejects.not.toThrow('are stored');
    expect(await numbers(`${A}.*:stream`)).toEqual([1, 2]);
    await redis.del(`${A}.*:stream`, `${B}.*:stream`);
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

describe('the error of a later stream', () => {
  it.each([
    new PublishError('not stored'),
    new BusClosedError('closed'),
    new PublishOutcomeUnknownError('unknown', ['id1', 'id2']),
  ])('keeps its kind: $name', (error) => {
    const annotated = withStored(error, ['a.*:stream', 'b.*:stream']) as Error;
    expect(annotated.constructor).toBe(error.constructor);
    expect(annotated.message).toBe(
      `${error.message} (The events on 'a.*:stream', 'b.*:stream' are stored.)`,
    );
    expect(annotated.cause).toBe(error);
    if (error instanceof PublishOutcomeUnknownError) {
      expect((annotated as PublishOutcomeUnknownError).ids).toEqual(['id1', 'id2']);
    }
  });

  it('stays as it is where nothing is stored yet, or it is none of ours', () => {
    const ours = new PublishError('not stored');
    expect(withStored(ours, [])).toBe(ours);
    const other = new TypeError('a fault');
    expect(withStored(other, ['a.*:stream'])).toBe(other);
  });
});
