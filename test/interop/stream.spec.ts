import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IsString } from 'class-validator';
import type { Redis } from 'ioredis';
import { Event, OnEvent, type EventMessage } from 'nestjs-lightbus';
import { startApplication, type Application } from '../e2e/application.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
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
import { add, apiOf, deadLetters, eventFields, whenNothingIsPending } from './raw-entries.js';

const GROUP = 'svc-all';
const BY_CLASS_GROUP = 'svc-by_class';

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

describe('entries that were captured, put on real streams byte for byte', () => {
  /** What was put there, in order; a good event before, between and after. */
  const put: { nativeId: string; stream: string; captured?: CapturedEntry }[] = [];
  let application: Application;
  let all: EventMessage[];

  beforeAll(async () => {
    const putMarker = async (stream: string) => {
      const marker = eventFields(stream, 'marker', ':n', String(put.length));
      put.push({ stream, nativeId: await add(raw, stream, marker) });
    };
    for (const captured of capturedEntries()) {
      await putMarker(captured.stream);
      put.push({
        stream: captured.stream,
        captured,
        nativeId: await add(raw, captured.stream, captured.fields),
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
    await whenNothingIsPending(raw, STREAMS, GROUP);
    await whenNothingIsPending(raw, [FOREIGN_STREAM], BY_CLASS_GROUP);
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
      const letters = await deadLetters(raw, FOREIGN_STREAM, group);
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
      const lines = logs.filter((line) => line.includes(`(${nativeId} on`));
      expect(lines).toHaveLength(2);
      for (const line of lines) expect(line).toMatch(/^error .*no event.*dead-letter stream/);
    }
    const noops = put.filter(({ captured }) => captured?.expected === 'noop');
    expect(
      logs.filter((line) => noops.some(({ nativeId }) => line.includes(`(${nativeId} on`))),
    ).toEqual([]);
    for (const stream of STREAMS.filter((one) => one !== FOREIGN_STREAM)) {
      expect(await deadLetters(raw, stream, GROUP)).toEqual([]);
    }
  });

  it('are warned of once for each listener where they are irregular', () => {
    const irregular = put.filter(
      ({ captured }) => captured?.name === 'a unknown metadata field traceparent (1)',
    );
    expect(irregular).toHaveLength(1);
    const lines = application.logs.filter((line) => line.includes(`(${irregular[0]?.nativeId} on`));
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toMatch(/^warn .*unknown metadata field "traceparent" ignored/);
    }
  });
});
