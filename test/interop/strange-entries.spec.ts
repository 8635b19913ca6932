import { Injectable } from '@nestjs/common';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { OnEvent } from 'nestjs-lightbus';
import { startApplication } from '../e2e/application.js';
import { sharedRedis, uniqueName } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { add, deadLetters, eventFields, whenNothingIsPending } from './raw-entries.js';

const GROUP = 'svc-all';

describe('entries that nobody should write', () => {
  const api = uniqueName('strange');
  const stream = `${api}.*:stream`;
  let url: string;
  let raw: Redis;
  beforeAll(async () => {
    const shared = await sharedRedis();
    url = shared.url;
    raw = shared.client();
  });

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
      await add(raw, stream, eventFields(stream, 'strange', ':n', '-1')),
      await add(raw, stream, eventFields(stream, 'strange', ':n', '-2')),
    ];
    await raw.xgroup('CREATE', stream, GROUP, '0');
    for (const consumer of ['w1', 'gone']) {
      await raw.xreadgroup('GROUP', GROUP, consumer, 'COUNT', 1, 'STREAMS', stream, '>');
    }
    await raw.xclaim(stream, GROUP, 'gone', 0, deleted[1]!, 'IDLE', 3_600_000, 'JUSTID');
    await raw.xdel(stream, ...deleted);

    const event = (...parameters: string[]) =>
      add(raw, stream, eventFields(stream, 'strange', ...parameters));
    await event(':twice', '1', ':twice', '2');
    await event(':nan', 'NaN', ':list', '[NaN, Infinity, -Infinity]');
    await event(':big', '9007199254740993', ':negative', '-18446744073709551616');
    await event(':__proto__', '{"polluted": true}', ':n', '1');
    await event(':nested', '{"__proto__": {"polluted": true}, "constructor": 1, "ok": [1]}');
    await event(':large', JSON.stringify(megabyte));
    await event(...manyFields);
    const malformed = await add(raw, stream, unknownFields);
    await event(':last', 'true');

    const { app, logs, close } = await startApplication({
      url: url,
      service: 'svc',
      providers: [Strange],
    });
    const { payloads } = app.get(Strange);
    await waitFor(() => payloads.at(-1)?.last === true);
    await whenNothingIsPending(raw, [stream], GROUP);

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

    const letters = await deadLetters(raw, stream, GROUP);
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
