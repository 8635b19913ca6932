import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IsString } from 'class-validator';
import type { Redis } from 'ioredis';
import { Event, OnEvent, type EventMessage } from 'nestjs-lightbus';
import { startApplication, type Application } from '../e2e/application.js';
import { startRedis, uniqueName, type RedisServer } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import {
  capturedEntries,
  expand,
  FOREIGN_STREAM,
  firedEntries,
  foreignCases,
  type CapturedEntry,
} from './captured-entries.js';
import { readArguments } from './python-literal.js';

const GROUP = 'svc-all';
const BY_CLASS_GROUP = 'svc-by_class';

/** `wire.perevent.alpha:stream` is of the API `wire.perevent`. */
function apiOf(stream: string): string {
  return stream.slice(0, stream.lastIndexOf('.'));
}

const STREAMS = [...new Set(capturedEntries().map(({ stream }) => stream))];
const APIS = [...new Set(STREAMS.map(apiOf))];
/** APIs of the capture that kept a stream for each event. */
const PER_EVENT = 'wire.perevent';

@Event('my_company.auth.user_registered')
class UserRegistered {
  @IsString() username!: string;
  @IsString() email!: string;
}

@Injectable()
class All {
  readonly messages: EventMessage[] = [];
  @OnEvent(APIS.map((api) => `${api}.*`), { listenerName: 'all' })
  record(_: object, message: EventMessage) {
    this.messages.push(message);
  }
}

@Injectable()
class ByClass {
  readonly messages: EventMessage<UserRegistered>[] = [];
  @OnEvent(UserRegistered, { listenerName: 'by_class' })
  record(event: UserRegistered, message: EventMessage<UserRegistered>) {
    expect(message.payload).toBe(event);
    this.messages.push(message);
  }
}

let redis: RedisServer;
let raw: Redis;
beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
});

async function add(stream: string, fields: readonly (string | Buffer)[]): Promise<string> {
  return (await raw.call('XADD', stream, '*', ...fields)) as string;
}

function eventFields(stream: string, eventName: string, ...parameters: string[]): string[] {
  const metadata = ['id', uniqueName('id'), 'api_name', apiOf(stream), 'event_name', eventName];
  return [...metadata, 'version', '1', ...parameters];
}

async function deadLetters(stream: string, group = GROUP) {
  const key = `lightbus:dead_letters:{${stream}}:${group}`;
  const letters = await raw.xrangeBuffer(key, '-', '+');
  return letters.map(([, fields]) => {
    const [name, report, ...copy] = fields;
    expect(String(name)).toBe('dead_letter');
    return { report: JSON.parse(String(report)) as Record<string, unknown>, copy };
  });
}

async function whenNothingIsPending(streams: readonly string[], group = GROUP): Promise<void> {
  for (const stream of streams) {
    await waitFor(async () => (await raw.xpending(stream, group))[0] === 0);
  }
}

describe('entries that were captured, put on real streams byte for byte', () => {
  /** What was put there, in order; a good event before, between and after. */
  const put: { nativeId: string; stream: string; captured?: CapturedEntry }[] = [];
  let application: Application;
  let all: EventMessage[];

  beforeAll(async () => {
    const putMarker = async (stream: string) => {
      const marker = eventFields(stream, 'marker', ':n', String(put.length));
      put.push({ stream, nativeId: await add(stream, marker) });
    };
    for (const captured of capturedEntries()) {
      await putMarker(captured.stream);
      put.push({
        stream: captured.stream,
        captured,
        nativeId: await add(captured.stream, captured.fields),
      });
    }
    for (const stream of STREAMS) await putMarker(stream);

    application = await startApplication({
      url: redis.url,
      service: 'svc',
      providers: [All, ByClass],
      options: {
        config: {
          apis: {
            default: { event_transport: { redis: { url: redis.url, batch_size: 10 } } },
            [PER_EVENT]: {
              event_transport: { redis: { url: redis.url, stream_use: 'per_event' } },
            },
          },
        },
      },
    });
    all = application.app.get(All).messages;
    const last = put.filter(({ captured }) => !captured).slice(-STREAMS.length);
    await waitFor(() =>
      last.every(({ nativeId }) => all.some((message) => message.nativeId === nativeId)),
    );
    await whenNothingIsPending(STREAMS);
    await whenNothingIsPending([FOREIGN_STREAM], BY_CLASS_GROUP);
  }, 60_000);

  afterAll(() => application.close());

  const events = () => put.filter(({ captured }) => (captured?.expected ?? 'event') === 'event');
  const malformed = () => put.filter(({ captured }) => captured?.expected === 'malformed');

  it('were captured of every kind', () => {
    expect(events().length).toBeGreaterThan(400);
    expect(malformed().length).toBeGreaterThanOrEqual(5);
    expect(put.filter(({ captured }) => captured?.expected === 'noop').length).toBeGreaterThan(5);
  });

  it('reach a handler where they are events, each once, in order, the others around them too', () => {
    for (const stream of STREAMS) {
      const of = (list: readonly { stream: string; nativeId: string }[]) =>
        list.filter((one) => one.stream === stream).map(({ nativeId }) => nativeId);
      expect(of(all)).toEqual(of(events()));
    }
    expect(all).toHaveLength(events().length);
  });

  it('have the id, version and values that a Python listener got', () => {
    const received = [
      ...firedEntries().flatMap(({ fields, received }) =>
        received ? [{ id: fields[1]!, version: undefined, kwargs: received }] : [],
      ),
      ...foreignCases()
        // There Python's annotations cast, and its handler got something else than was written.
        .filter((one) => !one.case.startsWith('l annotated'))
        .flatMap(({ written, received }) =>
          // Some had a backlog that was not captured.
          received.filter(({ id }) => written.some(({ fields }) => fields.includes(id))),
        ),
    ];
    expect(received).toHaveLength(150);
    for (const { id, version, kwargs } of received) {
      const candidates = all.filter((message) => message.id === expand(id).toString());
      const payloads = candidates.map(({ payload }) => payload);
      expect(payloads).toContainEqual(readArguments(kwargs));
      if (version !== undefined) expect(candidates.map((one) => one.version)).toContain(version);
    }
  });

  it('reach a handler by class as its instances, with the values of the others', () => {
    const { messages } = application.app.get(ByClass);
    const byName = all.filter(
      ({ stream, eventName }) => stream === FOREIGN_STREAM && eventName === 'user_registered',
    );
    expect(messages.map(({ nativeId }) => nativeId)).toEqual(
      byName.map(({ nativeId }) => nativeId),
    );
    expect(messages.length).toBeGreaterThan(80);
    for (const [i, { payload }] of messages.entries()) {
      expect(payload).toBeInstanceOf(UserRegistered);
      expect(Object.entries(payload)).toEqual(Object.entries(byName[i]?.payload ?? {}));
    }
  });

  it('are set aside where they are malformed, byte for byte, and reported; no-ops silently left out', async () => {
    const { logs } = application;
    for (const group of [GROUP, BY_CLASS_GROUP]) {
      const letters = await deadLetters(FOREIGN_STREAM, group);
      expect(letters.map(({ copy }) => copy)).toEqual(
        malformed().map(({ captured }) => captured?.fields.map((field) => Buffer.from(field))),
      );
      expect(letters.map(({ report }) => report)).toEqual(
        malformed().map(({ nativeId }) =>
          expect.objectContaining({ reason: 'malformed', stream: FOREIGN_STREAM, group, nativeId }),
        ),
      );
    }
    for (const { nativeId } of malformed()) {
      const lines = logs.filter((line) => line.includes(nativeId));
      expect(lines).toHaveLength(2);
      for (const line of lines) expect(line).toMatch(/^error .*dead-letter stream.*no event/);
    }
    const noops = put.filter(({ captured }) => captured?.expected === 'noop');
    expect(logs.filter((line) => noops.some(({ nativeId }) => line.includes(nativeId)))).toEqual(
      [],
    );
    for (const stream of STREAMS.filter((one) => one !== FOREIGN_STREAM)) {
      expect(await deadLetters(stream)).toEqual([]);
    }
  });

  it('are warned of once for each listener where they are irregular', () => {
    const irregular = put.filter(
      ({ captured }) => captured?.name === 'a unknown metadata field traceparent (1)',
    );
    expect(irregular).toHaveLength(1);
    const lines = application.logs.filter((line) => line.includes(irregular[0]!.nativeId));
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toMatch(/^warn .*unknown metadata field "traceparent" ignored/);
    }
  });
});

describe('entries that nobody should write', () => {
  const api = uniqueName('strange');
  const stream = `${api}.*:stream`;

  it('all have their outcome, and none stops the reader', async () => {
    @Injectable()
    class Strange {
      readonly payloads: Record<string, unknown>[] = [];
      @OnEvent(`${api}.*`, { listenerName: 'all' })
      record(payload: Record<string, unknown>) {
        this.payloads.push(payload);
      }
    }
    const megabyte = 'ü🚌'.repeat(250_000);
    const manyFields = Array.from({ length: 3_000 }, (_, i) => [`:f${i}`, String(i)]).flat();
    const unknownFields = Array.from({ length: 3_000 }, (_, i) => [`f${i}`, String(i)]).flat();

    // Two entries are delivered, to this process and to one that is gone, and then deleted.
    const deleted = [
      await add(stream, eventFields(stream, 'strange', ':n', '-1')),
      await add(stream, eventFields(stream, 'strange', ':n', '-2')),
    ];
    await raw.xgroup('CREATE', stream, GROUP, '0');
    for (const consumer of ['w1', 'gone']) {
      await raw.xreadgroup('GROUP', GROUP, consumer, 'COUNT', 1, 'STREAMS', stream, '>');
    }
    await raw.xclaim(stream, GROUP, 'gone', 0, deleted[1]!, 'IDLE', 3_600_000, 'JUSTID');
    await raw.xdel(stream, ...deleted);

    const event = (...parameters: string[]) =>
      add(stream, eventFields(stream, 'strange', ...parameters));
    await event(':twice', '1', ':twice', '2');
    await event(':nan', 'NaN', ':list', '[NaN, Infinity, -Infinity]');
    await event(':big', '9007199254740993', ':negative', '-18446744073709551616');
    await event(':__proto__', '{"polluted": true}', ':n', '1');
    await event(':nested', '{"__proto__": {"polluted": true}, "constructor": 1, "ok": [1]}');
    await event(':large', JSON.stringify(megabyte));
    await event(...manyFields);
    const malformed = await add(stream, unknownFields);
    await event(':last', 'true');

    const { app, logs, close } = await startApplication({
      url: redis.url,
      service: 'svc',
      providers: [Strange],
    });
    const { payloads } = app.get(Strange);
    await waitFor(() => payloads.at(-1)?.last === true);
    await whenNothingIsPending([stream]);

    const [twice, nan, big, proto, nested, large, many, last, ...more] = payloads;
    expect(more).toEqual([]);
    expect(twice).toEqual({ twice: 2 });
    expect(nan).toEqual({ nan: NaN, list: [NaN, Infinity, -Infinity] });
    expect(big).toEqual({ big: 9007199254740993n, negative: -18446744073709551616n });
    expect(proto).toEqual({ n: 1 });
    expect(nested).toEqual({ nested: { constructor: 1, ok: [1] } });
    for (const payload of payloads) {
      expect(Object.getPrototypeOf(payload)).toBe(Object.prototype);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(large?.large === megabyte).toBe(true);
    expect(Object.keys(many ?? {})).toHaveLength(3_000);
    expect(many?.f2999).toBe(2_999);
    expect(last).toEqual({ last: true });

    const letters = await deadLetters(stream);
    expect(letters.map(({ report }) => [report.reason, report.nativeId])).toEqual([
      ['deleted', deleted[0]],
      ['deleted', deleted[1]],
      ['malformed', malformed],
    ]);
    expect(letters[0]?.copy).toEqual([]);
    expect(letters[2]?.copy.map(String)).toEqual(unknownFields);
    for (const nativeId of deleted) {
      const lines = logs.filter((line) => line.includes(nativeId) && line.startsWith('error '));
      expect(lines).toContainEqual(expect.stringMatching(/History is lost/));
    }
    await close();
  }, 30_000);
});
