import { Injectable } from '@nestjs/common';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Allow } from 'class-validator';
import {
  Aggregates,
  defineAggregate,
  Event,
  InvalidOptionsError,
  OnEvent,
  Project,
  type EventMessage,
  type FireOptions,
  type HeaderValue,
} from 'nestjs-lightbus';
import { Stores } from '../../../lib/store/stores.js';
import { startInMemory, type MemoryApplication } from '../listener/memory-application.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const STREAM = 'headers.*:stream';

@Event('headers.placed', { key: 'orderId' })
class Placed {
  @Allow() orderId!: string;
}

@Injectable()
class Readers {
  readonly handled: EventMessage<Placed>[] = [];
  readonly projected: EventMessage<Placed>[] = [];

  @OnEvent(Placed, { listenerName: 'read' })
  handle(_: Placed, message: EventMessage<Placed>): void {
    this.handled.push(message);
  }

  @Project(Placed)
  project(_: Placed, message: EventMessage<Placed>): void {
    this.projected.push(message);
  }
}

const applied: EventMessage<object>[] = [];
const Order = defineAggregate({
  events: [Placed],
  initial: () => 0,
  evolve: (state, _event, message) => {
    applied.push(message);
    return state + 1;
  },
});

function start(options: Record<string, unknown> = {}) {
  return startInMemory({ events: [Placed], providers: [Readers], options });
}

function off(): Promise<MemoryApplication> {
  const apis = { default: { event_transport: { memory: {} } } };
  return start({ config: { bus: { headers: false }, apis } });
}

async function fieldsOf({ app }: MemoryApplication, nativeId: string) {
  const [entry] = await app.get(Stores).forApi('headers').store.entriesAt(STREAM, [nativeId]);
  return entry?.fields ?? [];
}

async function refusal(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => new Error('It was fired.'),
    (error: unknown) => error,
  );
}

function saysOf(message: EventMessage<object> | undefined) {
  const { firedAt, correlationId, causationId, traceparent, tracestate, headers } = message!;
  return { firedAt, correlationId, causationId, traceparent, tracestate, headers };
}

describe('what is fired with headers', () => {
  let application: MemoryApplication;
  beforeAll(async () => {
    application = await start();
  });

  it('has them wherever it is read, as its message has them', async () => {
    const { app, bus, whenHandled } = application;
    const given: FireOptions = {
      ...{ correlationId: 'c1', causationId: 'c2', traceparent: TRACE, tracestate: 'a=1' },
      headers: { tenant: 'acme', nested: { list: [1, 'é', null, true, 2n ** 60n] } },
    };
    const before = Date.now();
    const message = await bus.fire(Placed, { orderId: 'all' }, given);
    expect(saysOf(message)).toEqual({ ...given, firedAt: expect.any(Date) });
    expect(message.firedAt!.getTime()).toBeGreaterThanOrEqual(before);
    expect(message.firedAt!.getTime()).toBeLessThanOrEqual(Date.now());
    await whenHandled();

    const readers = app.get(Readers);
    const history: EventMessage<Placed>[] = [];
    for await (const one of bus.history(Placed)) history.push(one);
    for await (const one of bus.history(Placed, { key: 'all' })) history.push(one);
    await app.get(Aggregates).load(Order, 'all');
    const read = [...history, readers.handled.at(-1), readers.projected.at(-1), applied.at(-1)];
    expect(read).toHaveLength(5);
    for (const one of read) {
      expect(saysOf(one)).toEqual(saysOf(message));
      expect(Object.keys(one!)).toEqual(expect.arrayContaining(['firedAt', 'headers']));
    }
    for (const { headers } of [message, ...history]) {
      expect(Object.isFrozen(headers)).toBe(true);
      expect(Object.isFrozen(Reflect.get(headers!, 'nested'))).toBe(true);
    }
  });

  it('says nothing that was not given, but when it was fired', async () => {
    const message = await application.bus.fire(Placed, { orderId: 'plain' });
    expect(Object.keys(message)).not.toEqual(expect.arrayContaining(['correlationId']));
    const fields = await fieldsOf(application, message.nativeId);
    expect(fields.slice(-2)).toEqual(['', `{"firedAt": "${message.firedAt?.toISOString()}"}`]);
    expect(
      await application.bus.fire(Placed, { orderId: 'x' }, { headers: {} }),
    ).not.toHaveProperty('headers');
  });

  it('has a date of its own on each message', async () => {
    const [first, second] = await application.bus.fireAll([
      Object.assign(new Placed(), { orderId: '1' }),
      Object.assign(new Placed(), { orderId: '2' }),
    ]);
    first!.firedAt!.setTime(0);
    expect(second!.firedAt!.getTime()).toBeGreaterThan(0);
  });

  it('says the same of all events of fireAll', async () => {
    const events = ['1', '2'].map((orderId) => Object.assign(new Placed(), { orderId }));
    const options = { correlationId: 'all', headers: { n: 1 } };
    const messages = await application.bus.fireAll(events, options);
    for (const message of messages) expect(saysOf(message)).toMatchObject(options);
    expect(messages.map(({ firedAt }) => Number(firedAt))).toEqual(
      Array(2).fill(Number(messages[0]?.firedAt)),
    );
  });

  it('is, where it is a duplicate, what is stored', async () => {
    const { bus } = application;
    const first = await bus.fire(Placed, { orderId: 'd' }, { id: 'own', correlationId: 'first' });
    const again = await bus.fire(Placed, { orderId: 'd' }, { id: 'own', headers: { n: 2 } });
    expect(again.duplicate).toBe(true);
    expect(saysOf(again)).toEqual(saysOf(first));
  });

  it('keeps nothing alive of the headers that were given, and does not change them', async () => {
    const inner = { n: 1 };
    const headers = { inner, left: undefined };
    const firing = application.bus.fire(Placed, { orderId: 'k' }, { headers });
    inner.n = 2;
    const message = await firing;
    expect(message.headers).toEqual({ inner: { n: 1 } });
    expect(headers).toEqual({ inner: { n: 2 }, left: undefined });
    expect(Object.isFrozen(inner)).toBe(false);
  });

  it('takes the trace of HTTP headers for its own, and an option before that', async () => {
    const { bus } = application;
    const headers = { TraceParent: TRACE, tracestate: 'a=1', 'x-tenant': ['acme', 'b'] };
    const message = await bus.fire(Placed, { orderId: 'h' }, { headers });
    expect(saysOf(message)).toMatchObject({
      ...{ traceparent: TRACE, tracestate: 'a=1' },
      headers: { 'x-tenant': ['acme', 'b'] },
    });
    expect(Object.keys(message.headers ?? {})).toEqual(['x-tenant']);
    const own = TRACE.replace('b7ad', 'c7ad');
    const other = await bus.fire(Placed, { orderId: 'h' }, { headers, traceparent: own });
    expect(saysOf(other)).toMatchObject({ traceparent: own, tracestate: 'a=1' });
    const another = TRACE.replace('0af7', '1af7');
    const restarted = await bus.fire(Placed, { orderId: 'h' }, { headers, traceparent: another });
    expect(saysOf(restarted)).toMatchObject({ traceparent: another, tracestate: undefined });
  });

  it.each<[string, Record<string, HeaderValue>, Partial<FireOptions>, Partial<FireOptions>]>([
    ['a broken traceparent', { traceparent: 'broken' }, {}, {}],
    ['one in upper case', { Traceparent: TRACE.toUpperCase() }, {}, {}],
    ['one of zeros', { traceparent: TRACE.replace(/[1-9a-f]/g, '0') }, {}, {}],
    ['two that HTTP has joined', { traceparent: `${TRACE}, ${TRACE}` }, {}, {}],
    ['one that is no text', { traceparent: [TRACE] }, {}, {}],
    ['one that is null', { traceparent: null, tracestate: 'a=1' }, {}, {}],
    ['the tracestate of a broken one', { traceparent: '', tracestate: 'a=1' }, {}, {}],
    ['a broken tracestate', { traceparent: TRACE, tracestate: 'a=é' }, {}, { traceparent: TRACE }],
    ['one that is too long', { tracestate: 'a'.repeat(8_193) }, {}, {}],
    ['a list of tracestates', { tracestate: ['a=1'] }, {}, {}],
    [
      'both, where options say them',
      { traceparent: 'broken', tracestate: 5 },
      { traceparent: TRACE, tracestate: 'b=2' },
      { traceparent: TRACE, tracestate: 'b=2' },
    ],
    [
      'the tracestate of a broken one beside an option',
      { traceparent: 'broken', tracestate: 'a=1' },
      { traceparent: TRACE },
      { traceparent: TRACE },
    ],
  ])(
    'leaves out of headers, which may be a client\u2019s: %s',
    async (_, headers, given, expected) => {
      const { bus } = application;
      const own = { tenant: 'acme' };
      const options = { ...given, headers: { ...headers, ...own } };
      const message = await bus.fire(Placed, { orderId: 'w' }, options);
      const { traceparent, tracestate, headers: found } = saysOf(message);
      const none = { traceparent: undefined, tracestate: undefined };
      expect({ traceparent, tracestate, headers: found }).toEqual({
        ...none,
        ...expected,
        headers: own,
      });
    },
  );

  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const wide = Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`n${i}`, i]));

  it.each<[string, unknown, string]>([
    ['correlationId', '', '1 to 10000 characters'],
    ['correlationId', ' ', '1 to 10000 characters'],
    ['correlationId', 5, 'it is of type number'],
    ['correlationId', null, 'it is null'],
    ['causationId', 'x'.repeat(10_001), 'a text of 10001 characters'],
    ['traceparent', 'secret', '32 hexadecimal digits'],
    ['traceparent', `${TRACE}-00`, '32 hexadecimal digits'],
    ['tracestate', 'a=\u00e9', 'printable ASCII'],
    ['headers', 'secret', 'it is a text of 6 characters'],
    ['headers', null, 'it is null'],
    ['headers', ['secret'], 'it is a list'],
    ['headers', new Map(), 'it is another object'],
    ['headers', { at: new Date() }, "'at' is an instance of Date"],
    ['headers', { a: { b: [() => 'secret'] } }, "'a.b[]' is of type function"],
    ['headers', { a: [undefined] }, "'a[]' is of type undefined"],
    ['headers', { a: NaN }, "'a' is NaN"],
    ['headers', { a: Symbol('secret') }, "'a' is of type symbol"],
    ['headers', cyclic, 'contains itself'],
    ['headers', { a: new Array(1_001) }, 'more than 1000 names and values'],
    ['headers', wide, 'more than 1000 names and values'],
    ['headers', { a: 'x'.repeat(65_537) }, 'more than 65536 characters'],
    ['headers', JSON.parse('{"a": {"__proto__": 1}}'), "'__proto__'"],
  ])('is refused, and nothing is sent, for %s %p', async (name, value, expected) => {
    const { app, bus } = application;
    const { store } = app.get(Stores).forApi('headers');
    const count = async () =>
      (await store.range(STREAM, { start: '-', end: '+', count: 1_000 })).length;
    const before = await count();
    const options = { [name]: value } as FireOptions;
    const placed = Object.assign(new Placed(), { orderId: 'r' });
    for (const attempt of [bus.fire(placed, options), bus.fireAll([placed], options)]) {
      const error = await refusal(attempt);
      expect(error).toBeInstanceOf(InvalidOptionsError);
      const { message } = error as Error;
      expect(message).toContain(expected);
      expect(message).toContain(name);
      expect(message).toContain('Nothing was sent.');
      expect(message).not.toContain('secret');
    }
    expect(await count()).toBe(before);
  });

  it('tells of foreign side fields once, and reads the events all the same', async () => {
    const { app, bus, logs, whenHandled } = application;
    const { store } = app.get(Stores).forApi('headers');
    const entry = (id: string, side: string) => [
      ...['id', id, 'api_name', 'headers', 'event_name', 'placed', 'version', '1'],
      ...[':orderId', '"foreign"', '', side],
    ];
    const limits = { maxLength: null, timeoutMs: 1_000 };
    const sides = [
      'kept',
      'kept',
      '',
      '{"correlationId": 1, "causationId": "c"}',
      '{"correlationId": []}',
    ];
    await store.append(
      STREAM,
      sides.map((side, i) => entry(`f${i}`, side)),
      limits,
    );
    await whenHandled();
    const found: EventMessage<Placed>[] = [];
    for await (const one of bus.history(Placed, { key: 'foreign' })) found.push(one);
    expect(found.map(({ causationId }) => causationId)).toEqual([
      ...[undefined, undefined, undefined],
      ...['c', undefined],
    ]);
    expect(logs.filter((line) => line.startsWith('warn ') && line.includes('side field'))).toEqual([
      expect.stringMatching(
        /its side field is no JSON, and was ignored \(told once for this API\)/,
      ),
      expect.stringMatching(/'correlationId' in its side field was ignored: it is not a text/),
    ]);
  });
});

describe('with bus.headers: false', () => {
  it('entries are exactly as Python writes them, and others are read all the same', async () => {
    const application = await off();
    const { app, bus, whenHandled } = application;
    const message = await bus.fire(Placed, { orderId: 'o1' });
    expect(saysOf(message)).toEqual(saysOf({} as EventMessage));
    expect(await fieldsOf(application, message.nativeId)).toEqual([
      ...['id', message.id, 'api_name', 'headers', 'event_name', 'placed', 'version', '1'],
      ...[':orderId', '"o1"'],
    ]);
    const { store } = app.get(Stores).forApi('headers');
    const fields = [
      ...(await fieldsOf(application, message.nativeId)),
      '',
      '{"correlationId": "c"}',
    ];
    await store.append(STREAM, [fields], { maxLength: null, timeoutMs: 1_000 });
    await whenHandled();
    expect(app.get(Readers).handled.map(({ correlationId }) => correlationId)).toEqual([
      undefined,
      'c',
    ]);
  });

  it('an option that has no place is refused, in words', async () => {
    const { bus } = await off();
    const error = await refusal(
      bus.fire(Placed, { orderId: 'o1' }, { correlationId: 'c', headers: {} }),
    );
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(String(error)).toMatch(
      /'correlationId', 'headers', and the setting bus\.headers is false/,
    );
    const unsaid = { correlationId: undefined };
    expect(await bus.fire(Placed, { orderId: 'o1' }, unsaid)).toMatchObject({ duplicate: false });
  });
});

it('asks the clock of this process, whatever a test has made of it', async () => {
  const { bus } = await start();
  jest.useFakeTimers({
    now: 1_000,
    doNotFake: ['setTimeout', 'setInterval', 'queueMicrotask', 'nextTick'],
  });
  try {
    const message = await bus.fire(Placed, { orderId: 'f' });
    expect(message.firedAt).toEqual(new Date(1_000));
  } finally {
    jest.useRealTimers();
  }
});
