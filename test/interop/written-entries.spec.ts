import { Injectable, type Type } from '@nestjs/common';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Allow, IsOptional, IsString } from 'class-validator';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import {
  Aggregates,
  defineAggregate,
  Event,
  EventBus,
  EventDefinitionError,
  Listeners,
  OnEvent,
  type FireOptions,
} from 'nestjs-lightbus';
import { startApplication, type ApplicationParts } from '../e2e/application.js';
import { startRedis, uniqueName, type RedisServer } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { expand, firedEntries, foreignCases } from './captured-entries.js';
import { whyPythonExits } from './python-exits.js';

/** Cases that are about the handler, a schema or a key, and not about the entry. */
const NOT_OF_THE_ENTRY = /strict handler|handler whose|annotated|^[gij] /;

describe('why Python exits at an entry', () => {
  it('is what was seen of it', () => {
    for (const { case: name, survived, written } of foreignCases()) {
      // Not one of those that we may write, though it does no harm.
      if (NOT_OF_THE_ENTRY.test(name) || name.includes('native_id')) continue;
      const reasons = written.map(({ fields }) => whyPythonExits(fields.map(expand)));
      expect([name, reasons.every((reason) => reason === undefined)]).toEqual([name, survived]);
    }
    for (const { name, fields } of firedEntries())
      expect([name, whyPythonExits(fields)]).toEqual([name, undefined]);
  });
});

let redis: RedisServer;
let raw: Redis;
beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
});

/** What stands on the streams of an API that Python reads, and why it would exit at it. */
async function written(api: string): Promise<{ count: number; exits: string[] }> {
  const keys = (await raw.keys(`${api}.*`)).filter((key) => key.endsWith(':stream'));
  const entries = (await Promise.all(keys.map((key) => raw.xrangeBuffer(key, '-', '+')))).flat();
  const exits = entries.flatMap(([, fields]) => whyPythonExits(fields) ?? []);
  return { count: entries.length, exits };
}

const STRANGE = ['\u0000\u001b', ' ', 'é😀', '\ud800', '"\\', '\ufeff', 'x'.repeat(9_000)];

/** All that the options of one event can be. */
const options: FireOptions[] = [
  ...STRANGE.map((text) => ({ correlationId: `a${text}`, causationId: `b${text}` })),
  ...STRANGE.map((text) => ({ headers: { [`n${text}`]: [text, { [text]: null }, 2n ** 200n] } })),
  ...STRANGE.filter((text) => !text.includes('\ud800')).map((text) => ({ id: `c${text}` })),
  { headers: { all: 'x'.repeat(65_000) }, tracestate: `a=${'1'.repeat(8_000)}` },
  {
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    headers: Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`n${n}`, -0.5e-300])),
  },
];

describe('nothing that is written makes Python exit', () => {
  it.each<[string, Partial<ApplicationParts>]>([
    ['per_api', {}],
    ['per_event, trimmed', { redis: { stream_use: 'per_event', max_stream_length: 1_000 } }],
  ])('whatever is said beside the payload, by fire, fireAll and handlers: %s', async (_, parts) => {
    const api = uniqueName('beside');
    @Event(`${api}.cause`)
    class Cause {}
    @Event(`${api}.effect`)
    class Effect {
      @Allow() @IsOptional() value?: unknown;
    }
    @Injectable()
    class Handler {
      constructor(private readonly bus: EventBus) {}
      @OnEvent(Cause, { listenerName: 'handler' })
      async handle() {
        await this.bus.fire(Effect, {});
      }
    }
    const { bus } = await startApplication({
      ...{ url: redis.url, service: 'svc', events: [Cause, Effect], providers: [Handler] },
      ...parts,
    });
    for (const one of options) await bus.fire(Cause, {}, one);
    await bus.fireAll([new Cause(), new Effect()], { correlationId: 'all', headers: { n: 1 } });
    await bus.fireAll([new Effect(), new Effect()], { ids: ['one', 'two'] });
    const count = 2 * (options.length + 1) + 3;
    await waitFor(async () => (await written(api)).count >= count);
    expect(await written(api)).toEqual({ count, exits: [] });
  });

  it('by aggregates with snapshots, nor by dead letters that are driven again', async () => {
    const api = uniqueName('kept');
    @Event(`${api}.added`, { key: 'id' })
    class Added {
      @IsString() id!: string;
    }
    const Sum = defineAggregate({
      events: [Added],
      snapshotEvery: 1,
      initial: () => ({ sum: 0 }),
      evolve: ({ sum }) => ({ sum: sum + 1 }),
    });
    let isFailing = true;
    const handled: string[] = [];
    @Injectable()
    class Handler {
      @OnEvent(Added, { listenerName: 'handler', onError: 'dead_letter', maxAttempts: 1 })
      handle({ id }: Added) {
        if (isFailing) throw new Error('on purpose');
        handled.push(id);
      }
    }
    const { app } = await startApplication({
      ...{ url: redis.url, service: 'svc', events: [Added], providers: [Handler] },
    });
    const ids = STRANGE.filter((text) => text.trim() !== '' && !text.includes('\ud800'));
    for (const id of ids) {
      for (let n = 0; n < 2; n++)
        await app.get(Aggregates).change(Sum, id, () => Object.assign(new Added(), { id }));
    }
    const stream = `${api}.*:stream`;
    const letters = `lightbus:dead_letters:{${stream}}:svc-handler`;
    await waitFor(async () => (await raw.xlen(letters)) === 2 * ids.length);
    isFailing = false;
    await app.get(Listeners).redrive('handler');
    await waitFor(() => handled.length === 2 * ids.length);
    expect(await written(api)).toEqual({ count: 2 * ids.length, exits: [] });
  });

  it('whatever parameters are called: what they are called is published, or the class is refused', async () => {
    const names = fc.sample(fc.string({ unit: 'binary', minLength: 0, maxLength: 8 }), 80);
    const api = uniqueName('names');
    const events = [...names, ...STRANGE, '', ':', 'id', '__proto__', 'constructor'].flatMap(
      (name, i) => {
        class Named {}
        Allow()(Named.prototype, name);
        Event(`${api}.e${i}`)(Named);
        return [{ type: Named, name }];
      },
    );
    let refused = 0;
    for (const { type, name } of events) {
      const starting = startApplication({
        ...{ url: redis.url, service: 'svc', events: [type], options: { features: [] } },
      });
      const service = await starting.catch((error: unknown) => error);
      if (service instanceof EventDefinitionError) {
        refused++;
        continue;
      }
      const { bus, close } = await starting;
      await bus.fire(type as Type<object>, { [name]: 1 }).catch(() => refused++);
      await close();
    }
    const { count, exits } = await written(api);
    expect(exits).toEqual([]);
    expect(count + refused).toBe(events.length);
    const fired = await raw.xrange(`${api}.*:stream`, '-', '+');
    const { events: published } = JSON.parse((await raw.get(`schema:${api}`)) ?? '{}') as {
      events: Record<string, { parameters: { properties: object } }>;
    };
    for (const [, fields] of fired) {
      const of = (name: string) => fields[fields.indexOf(name) + 1] ?? '';
      const [name] = fields.filter((field, i) => i % 2 === 0 && field.startsWith(':'));
      const { properties } = published[of('event_name')]!.parameters;
      expect(Object.keys(properties)).toContain(name?.slice(1));
    }
  });
});
