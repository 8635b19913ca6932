import type { Type } from '@nestjs/common';
import { monitorOn } from '../support/monitor.js';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Allow, IsOptional } from 'class-validator';
import type { Redis } from 'ioredis';
import { Event, type Upcasters } from 'nestjs-lightbus';
import { startApplication } from '../e2e/application.js';
import { startRedis, uniqueName, type RedisServer } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { firedEntries, type FiredEntry } from './captured-entries.js';

let redis: RedisServer;
let raw: Redis;
beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
});

describe('what is fired, read back with raw commands', () => {
  // Numbers and integer keys that JavaScript can't tell apart as Python does: fired-by-python.spec.ts.
  const DIFFERENT = ['float integral', 'float sent for int (integral)', 'dict with int keys'];
  const cases = firedEntries().filter(
    ({ name, fields }) => fields[0] !== '' && !DIFFERENT.includes(name),
  );

  /** The value that a JavaScript program would have, without the help of our own reader. */
  function valueOf(json: string): unknown {
    const special = new Map<string, unknown>([
      ['NaN', NaN],
      ['Infinity', Infinity],
      ['-Infinity', -Infinity],
    ]);
    if (special.has(json)) return special.get(json);
    return /^-?\d{16,}$/.test(json) ? BigInt(json) : JSON.parse(json);
  }

  function parametersOf({ fields }: FiredEntry): [name: string, json: string][] {
    return Array.from({ length: fields.length / 2 }, (_, i): [string, string] => [
      fields[2 * i] ?? '',
      fields[2 * i + 1] ?? '',
    ])
      .filter(([name]) => name.startsWith(':'))
      .map(([name, json]) => [name.slice(1), json]);
  }

  // They are refused when they are fired, unless a rule allows them.
  const hasBareNumber = (one: FiredEntry) =>
    parametersOf(one).some(([, json]) => /\b(?:NaN|Infinity)\b/.test(json));

  /** One class for each event of the capture, which allows every parameter that it was fired with. */
  function eventClasses(): Map<string, Type<object>> {
    const classes = new Map<string, Type<object>>();
    for (const one of cases) {
      const [, , , api, , event, , version] = one.fields;
      const name = `${api}.${event}`;
      let type = classes.get(name);
      if (!type) {
        class Captured {
          @Allow() @IsOptional() _?: unknown;
        }
        const earlier = Array.from({ length: Number(version) - 1 }, (_, i) => i + 1);
        const upcasters = Object.fromEntries(earlier.map((from) => [from, (own: object) => own]));
        Event(name, { version: Number(version), upcasters: upcasters as Upcasters })(Captured);
        classes.set(name, (type = Captured));
      }
      for (const [parameter] of parametersOf(one)) Allow()(type.prototype as object, parameter);
    }
    return classes;
  }

  it.each([
    ['and nothing else', false, true],
    ['and the side field, which Python ignores, behind them', true, true],
    ['also numbers that JSON has not, where nothing is validated', false, false],
  ])(
    'is field for field what Python wrote for the same values, %s',
    async (_, headers, outgoing) => {
      const classes = eventClasses();
      const { bus, close } = await startApplication({
        url: redis.url,
        service: 'svc',
        events: [...classes.values()],
        bus: { headers },
        api: { validate: { outgoing } },
        options: { features: [] },
      });
      const fired = cases.filter((one) => !outgoing || !hasBareNumber(one));
      expect(fired.length).toBeGreaterThan(100);
      for (const one of fired) {
        const [, , , api, , event] = one.fields;
        const type = classes.get(`${api}.${event}`)!;
        const payload = Object.fromEntries(
          parametersOf(one).map(([name, json]) => [name, valueOf(json)]),
        );
        const { nativeId, id, firedAt } = await bus.fire(type, payload);
        const side = headers ? ['', `{"firedAt": "${firedAt?.toISOString()}"}`] : [];
        const [entry] = await raw.xrange(`${api}.*:stream`, nativeId, nativeId);
        expect({ case: one.name, fields: entry?.[1] }).toEqual({
          case: one.name,
          fields: [...one.fields.with(1, id), ...side],
        });
      }
      await close();
    },
  );

  describe('onto its stream', () => {
    it.each([
      [null, []],
      [0, []],
      [300, ['MAXLEN', '~', '300']],
    ])('with max_stream_length %j is trimmed as configured', async (max_stream_length, trim) => {
      const api = uniqueName('trimmed');
      @Event(`${api}.counted`)
      class Counted {
        @Allow() n!: number;
      }
      const { bus, close } = await startApplication({
        url: redis.url,
        service: 'svc',
        events: [Counted],
        redis: { max_stream_length },
        bus: { headers: false },
        options: { features: [] },
      });
      const commands: string[][] = [];
      const monitor = await monitorOn(redis.client());
      monitor.on('monitor', (_: string, args: string[]) => commands.push(args));
      const { id } = await bus.fire(Counted, { n: -1 });
      const batch = Array.from({ length: 1_000 }, (_, n) => Object.assign(new Counted(), { n }));
      await bus.fireAll(batch);

      const stream = `${api}.*:stream`;
      const head = ['id', id, 'api_name', api, 'event_name', 'counted', 'version', '1'];
      await waitFor(() => commands.filter(([name]) => name === 'xadd').length === 1_001);
      const adds = commands.filter(([name]) => name === 'xadd');
      expect(adds[0]).toEqual(['xadd', stream, ...trim, '*', ...head, ':n', '-1']);
      for (const add of adds) expect(add.slice(2, 2 + trim.length)).toEqual(trim);
      const length = await raw.xlen(stream);
      if (trim.length === 0) expect(length).toBe(1_001);
      else {
        // Redis trims whole nodes of 100 entries.
        expect(length).toBeGreaterThanOrEqual(300);
        expect(length).toBeLessThanOrEqual(400);
      }
      monitor.disconnect();
      await close();
    });

    it('with stream_use per_event is one stream for each event', async () => {
      const api = uniqueName('per_event');
      @Event(`${api}.alpha`)
      class Alpha {
        @Allow() n!: number;
      }
      @Event(`${api}.beta`)
      class Beta {
        @Allow() n!: number;
      }
      const { bus, close } = await startApplication({
        url: redis.url,
        service: 'svc',
        events: [Alpha, Beta],
        redis: { stream_use: 'per_event' },
        options: { features: [] },
      });
      const alpha = await bus.fire(Alpha, { n: 1 });
      await bus.fireAll([
        Object.assign(new Beta(), { n: 2 }),
        Object.assign(new Alpha(), { n: 3 }),
      ]);
      expect(alpha.stream).toBe(`${api}.alpha:stream`);
      expect((await raw.keys(`${api}*`)).toSorted()).toEqual([
        `${api}.alpha:stream`,
        `${api}.beta:stream`,
      ]);
      expect(await raw.xlen(`${api}.alpha:stream`)).toBe(2);
      await close();
    });
  });
});
