import { describe, expect, it, jest } from '@jest/globals';
import { Type } from 'class-transformer';
import { Allow, IsDate, IsInt } from 'class-validator';
import {
  Event,
  EventDefinitionError,
  InvalidOptionsError,
  InvalidPositionError,
  type EventMessage,
  type HistoryOptions,
} from 'nestjs-lightbus';
import { Stores } from '../../../lib/store/stores.js';
import { startApplication } from '../../e2e/application.js';
import { sharedRedis, startRedis, uniqueName } from '../../support/redis-server.js';
import { startProxy } from '../../support/tcp-proxy.js';
import { waitFor } from '../../support/wait-for.js';
import { startInMemory, type MemoryApplication } from '../listener/memory-application.js';

@Event('history.counted')
class Counted {
  @IsInt() n!: number;
}

@Event('history.dated')
class Dated {
  @IsDate() @Type(() => Date) at!: Date;
}

@Event('history_elsewhere.noted')
class Noted {
  @IsInt() n!: number;
}

class NoEvent {}

async function collect<T>(iterable: AsyncIterable<EventMessage<T>>): Promise<EventMessage<T>[]> {
  const messages: EventMessage<T>[] = [];
  for await (const message of iterable) messages.push(message);
  return messages;
}

const numbers = (messages: readonly EventMessage<{ n?: unknown }>[]) =>
  messages.map(({ payload }) => payload.n);

/** Fires `Counted` 1 to `count`. */
async function startWith(count: number, api?: Record<string, unknown>) {
  const application = await startInMemory({ events: [Counted, Dated], api });
  const messages: EventMessage<Counted>[] = [];
  for (let n = 1; n <= count; n++) messages.push(await application.bus.fire(Counted, { n }));
  return { ...application, messages };
}

/** Puts an entry on the stream as somebody else may have written it. */
async function put({ app }: Pick<MemoryApplication, 'app'>, ...fields: string[]) {
  const { store } = app.get(Stores).forApi('history');
  const options = { maxLength: null, timeoutMs: 1000 };
  return store.append('history.*:stream', [fields], options);
}

const COUNTED = ['id', 'x', 'api_name', 'history', 'event_name', 'counted', 'version', '1'];

describe('EventBus.history', () => {
  it('of a class gives its events as instances, oldest first, as they were fired', async () => {
    const { bus, messages } = await startWith(3);
    await bus.fire(Dated, { at: new Date(0) });
    const history = await collect<Counted>(bus.history(Counted));
    expect(numbers(history)).toEqual([1, 2, 3]);
    expect(history[0]?.payload).toBeInstanceOf(Counted);
    expect(history.map(({ id }) => id)).toEqual(messages.map(({ id }) => id));
    const { duplicate, ...fired } = messages[0]!;
    expect(duplicate).toBe(false);
    expect(history[0]).toEqual({ ...fired, isReplay: true });
    expect(Object.keys(history[0]!)).not.toContain('duplicate');
    expect(Object.isFrozen(history[0])).toBe(true);
  });

  it('casts payloads as a handler gets them, unless cast_values is off', async () => {
    const at = new Date('2024-01-02T03:04:05.678Z');
    const { bus } = await startWith(0);
    await bus.fire(Dated, { at });
    expect((await collect(bus.history(Dated)))[0]?.payload.at).toEqual(at);
    expect((await collect(bus.history('history.dated')))[0]?.payload).toEqual({ at });

    const uncast = await startWith(0, { cast_values: false });
    await uncast.bus.fire(Dated, { at });
    const [message] = await collect<object>(uncast.bus.history(Dated));
    expect(message?.payload).toEqual({ at: '2024-01-02T03:04:05.678Z' });
    expect(message?.payload).not.toBeInstanceOf(Dated);
  });

  it('of a name gives that event, of <api>.* all events of the API', async () => {
    const { bus } = await startWith(2);
    await bus.fire(Dated, { at: new Date(0) });
    const named = await collect(bus.history('history.counted'));
    expect(numbers(named)).toEqual([1, 2]);
    const all = await collect(bus.history('history.*'));
    expect(all.map(({ eventName }) => eventName)).toEqual(['counted', 'counted', 'dated']);
  });

  it('reads events of any service, registered here or not', async () => {
    const application = await startInMemory({});
    await put(application, ...COUNTED, ':n', '7');
    expect(numbers(await collect(application.bus.history(Counted)))).toEqual([7]);
  });

  it('takes an entry that has two names for what the last one says, as listeners do', async () => {
    const application = await startInMemory({});
    await put(application, 'event_name', 'other', ...COUNTED, ':n', '7');
    await put(application, ...COUNTED, 'event_name', 'other', ':n', '8');
    expect(numbers(await collect(application.bus.history(Counted)))).toEqual([7]);
  });

  it('of an API without any event is empty', async () => {
    const { bus } = await startWith(0);
    expect(await collect(bus.history('nobody.*'))).toEqual([]);
    expect(await collect(bus.history(Counted))).toEqual([]);
  });

  it('gives all pages, in both orders', async () => {
    const { bus } = await startWith(0);
    const expected = Array.from({ length: 250 }, (_, n) => n);
    await bus.fireAll(expected.map((n) => Object.assign(new Counted(), { n })));
    expect(numbers(await collect(bus.history(Counted)))).toEqual(expected);
    expect(numbers(await collect(bus.history(Counted, { order: 'desc' })))).toEqual(
      expected.toReversed(),
    );
  });

  it('counts for its limit only what it gives', async () => {
    const { bus } = await startWith(3);
    await bus.fire(Dated, { at: new Date(0) });
    await bus.fire(Counted, { n: 4 });
    const read = (options: HistoryOptions) => collect(bus.history(Counted, options)).then(numbers);
    expect(await read({ limit: 0 })).toEqual([]);
    expect(await read({ limit: 1 })).toEqual([1]);
    expect(await read({ limit: 4 })).toEqual([1, 2, 3, 4]);
    expect(await read({ limit: 100 })).toEqual([1, 2, 3, 4]);
    expect(await read({ limit: 2, order: 'desc' })).toEqual([4, 3]);
  });

  it('begins at since and ends at until, both included: entry ids, dates and words', async () => {
    const { bus, messages } = await startWith(5);
    const at = (n: number) => messages[n - 1] as EventMessage<Counted>;
    const read = (options: HistoryOptions) => collect(bus.history(Counted, options)).then(numbers);

    expect(await read({ since: at(2).nativeId, until: at(4).nativeId })).toEqual([2, 3, 4]);
    expect(await read({ since: at(4).nativeId })).toEqual([4, 5]);
    expect(await read({ until: at(2).nativeId, order: 'desc' })).toEqual([2, 1]);
    expect(await read({ since: 'beginning', until: 'end' })).toEqual([1, 2, 3, 4, 5]);
    expect(await read({ since: 'end' })).toEqual([]);
    expect(await read({ until: 'beginning' })).toEqual([]);
    expect(await read({ since: at(4).nativeId, until: at(2).nativeId })).toEqual([]);

    const [first, last] = [at(1).timestamp, at(5).timestamp];
    expect(await read({ since: first, until: last })).toEqual([1, 2, 3, 4, 5]);
    expect(await read({ since: new Date(last.getTime() + 1) })).toEqual([]);
    expect(await read({ until: new Date(first.getTime() - 1) })).toEqual([]);
    const [ms] = at(5).nativeId.split('-');
    expect(await read({ since: ms })).toEqual(
      messages.filter(({ timestamp }) => timestamp >= last).map(({ payload }) => payload.n),
    );
  });

  it.each<[string, HistoryOptions]>([
    ['an unknown word', { since: 'yesterday' }],
    ['now, which only a listener has', { until: 'now' }],
    ['an invalid Date', { until: new Date(NaN) }],
    ['a number', { since: 5 as never }],
  ])('refuses %s at the call', async (_, options) => {
    const { bus } = await startWith(0);
    expect(() => bus.history(Counted, options)).toThrow(InvalidPositionError);
  });

  it.each<[string, unknown]>([
    ['no limit of a query', { limit: Number(undefined) }],
    ['a negative limit', { limit: -1 }],
    ['a limit in halves', { limit: 1.5 }],
    ['a limit as a text', { limit: '5' }],
    ['an unknown order', { order: 'newest' }],
    ['an unknown option', { from: new Date() }],
    ['a signal that is a controller', { signal: new AbortController() }],
    ['options that are none', 'desc'],
    ['null', null],
  ])('refuses %s at the call, rather than read something else', async (_, options) => {
    const { bus } = await startWith(1);
    expect(() => bus.history(Counted, options as HistoryOptions)).toThrow(InvalidOptionsError);
  });

  it('takes options that are undefined for left out, and a limit of 0 for nothing', async () => {
    const { bus } = await startWith(2);
    const options = { limit: undefined, order: undefined, signal: undefined, since: undefined };
    expect(numbers(await collect<Counted>(bus.history(Counted, options)))).toEqual([1, 2]);
    expect(await collect(bus.history(Counted, { limit: 0 }))).toEqual([]);
    expect(await collect(bus.history(Counted, { limit: Infinity }))).toHaveLength(2);
  });

  it.each<[string, unknown]>([
    ['a class without @Event', NoEvent],
    ['undefined', undefined],
    ['null', null],
    ['an object', {}],
    ['a text that is no name', 'history'],
    ['a wildcard for several APIs', '*.counted'],
  ])('refuses %s at the call', async (_, selector) => {
    const { bus } = await startWith(0);
    const read = () => bus.history(selector as string);
    expect(read).toThrow(EventDefinitionError);
    expect(read).toThrow(/\w/);
  });

  it('ends with the reason of its signal, before the first event and in the middle', async () => {
    const { bus } = await startWith(5);
    const before = AbortSignal.abort(new Error('not at all'));
    await expect(collect(bus.history(Counted, { signal: before }))).rejects.toThrow('not at all');

    const middle = new AbortController();
    const seen: unknown[] = [];
    const reading = async () => {
      for await (const { payload } of bus.history(Counted, { signal: middle.signal })) {
        seen.push(payload.n);
        if (payload.n === 2) middle.abort(new Error('enough'));
      }
    };
    await expect(reading()).rejects.toThrow('enough');
    expect(seen).toEqual([1, 2]);
  });

  it.each([
    ['a page', 'per_api'],
    ['the names of streams', 'per_event'],
  ])('ends at once with the reason of its signal while it waits for %s', async (_, stream_use) => {
    const server = await startRedis();
    const proxy = await startProxy(server.port);
    const { bus } = await startApplication({
      url: proxy.url,
      service: uniqueName('service'),
      events: [Counted],
      redis: { stream_use },
    });
    await bus.fire(Counted, { n: 1 });
    proxy.pause();
    const abort = new AbortController();
    const reading = collect(bus.history('history.*', { signal: abort.signal }));
    const failed = expect(reading).rejects.toThrow('not that long');
    await waitFor(() => proxy.held > 0);
    const before = Date.now();
    abort.abort(new Error('not that long'));
    await failed;
    expect(Date.now() - before).toBeLessThan(1_000);
    proxy.resume();
  });

  it('can be left in the middle', async () => {
    const { bus } = await startWith(5);
    const seen: unknown[] = [];
    for await (const { payload } of bus.history(Counted)) {
      seen.push(payload.n);
      if (payload.n === 2) break;
    }
    expect(seen).toEqual([1, 2]);
  });

  it('leaves out entries that are no events, with a warning, and the no-op without', async () => {
    const application = await startWith(1);
    await put(application, '', '');
    const [nativeId = ''] = await put(application, 'some', 'thing');
    await application.bus.fire(Counted, { n: 2 });
    expect(numbers(await collect(application.bus.history('history.*')))).toEqual([1, 2]);
    expect(application.logs.filter((line) => line.startsWith('warn Entry'))).toEqual([
      expect.stringContaining(
        `Entry ${nativeId} on 'history.*:stream' is left out of the history: it is no event`,
      ),
    ]);
  });

  it('gives what can not be cast as it was written, with one warning', async () => {
    const application = await startWith(0);
    const fields = COUNTED.map((field) => (field === 'counted' ? 'dated' : field));
    await put(application, ...fields, ':at', '"no date"', 'unknown', 'field');
    const [message] = await collect<Dated>(application.bus.history(Dated));
    expect(message?.payload).toBeInstanceOf(Dated);
    expect(message?.payload.at).toBe('no date');
    const warnings = application.logs.filter((line) => line.startsWith('warn Entry'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/is irregular: unknown metadata field.*; .*at was not cast/);
  });

  it('reads with the speed of its reader: what is fired meanwhile belongs to it', async () => {
    const { bus } = await startWith(0);
    // Two pages.
    await bus.fireAll(Array.from({ length: 110 }, (_, n) => Object.assign(new Counted(), { n })));
    let last: unknown;
    for await (const { payload } of bus.history(Counted)) {
      last = payload.n;
      if (payload.n === 50) await bus.fire(Counted, { n: 1000 });
    }
    expect(last).toBe(1000);
  });

  it('of several streams gives what was stored when it began: nothing without what it follows', async () => {
    const { bus } = await startInMemory({ events: [Counted, Noted] });
    await bus.fireAll(Array.from({ length: 110 }, (_, n) => Object.assign(new Counted(), { n })));
    await bus.fire(Noted, { n: 110 });
    const seen: unknown[] = [];
    for await (const { payload } of bus.history([Counted, Noted])) {
      seen.push(payload.n);
      if (payload.n !== 50) continue;
      // The one stream was read to its end, the other was not.
      await bus.fire(Noted, { n: 111 });
      await bus.fire(Counted, { n: 112 });
    }
    expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 111 }, (_, n) => n),
    );
  });

  it('merges the streams of per_event by entry id, and leaves longer API names alone', async () => {
    const api = uniqueName('history_api');
    @Event(`${api}.opened`)
    class Opened {
      @Allow() n!: number;
    }
    @Event(`${api}.closed`)
    class Closed {
      @Allow() n!: number;
    }
    @Event(`${api}.longer.opened`)
    class Longer {
      @Allow() n!: number;
    }
    const application = await startApplication({
      url: (await sharedRedis()).url,
      service: uniqueName('service'),
      events: [Opened, Closed, Longer],
      redis: { stream_use: 'per_event' },
    });
    const { bus } = application;
    const fired: EventMessage<{ n: number }>[] = [];
    for (let n = 0; n < 12; n++) {
      const message = await bus.fire(n % 3 === 0 ? Opened : Closed, { n });
      fired.push(message);
      // Within a millisecond, ids of different streams say nothing about who was first.
      await waitFor(() => Date.now() > message.timestamp.getTime());
    }
    await bus.fire(Longer, { n: -1 });

    const all = await collect(bus.history(`${api}.*`));
    expect(numbers(all)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(new Set(all.map(({ stream }) => stream))).toEqual(
      new Set([`${api}.opened:stream`, `${api}.closed:stream`]),
    );
    expect(numbers(await collect(bus.history(Opened)))).toEqual([0, 3, 6, 9]);
    const desc = await collect(bus.history(`${api}.*`, { order: 'desc', limit: 3 }));
    expect(numbers(desc)).toEqual([11, 10, 9]);
    const range = { since: fired[4]?.nativeId, until: fired[7]?.nativeId };
    expect(numbers(await collect(bus.history(`${api}.*`, range)))).toEqual([4, 5, 6, 7]);
    await application.close();
  });

  it('holds a page and the next one, however long the stream is', async () => {
    const { app, bus } = await startWith(0);
    await bus.fireAll(Array.from({ length: 2000 }, (_, n) => Object.assign(new Counted(), { n })));
    const { store } = app.get(Stores).forApi('history');
    const range = jest.spyOn(store, 'range');
    const reads: number[] = [];
    for await (const { payload } of bus.history(Counted)) {
      if (payload.n % 500 === 499) reads.push(range.mock.calls.length);
    }
    // The last event of a page is handed over before the page after the next one is asked for.
    expect(reads).toEqual([4, 5, 6, 6]);
    expect(range.mock.calls.every(([, { count }]) => count <= 501)).toBe(true);
  });
});
