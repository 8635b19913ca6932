import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { LazyModuleLoader } from '@nestjs/core';
import { IsEmail, IsInt, IsString } from 'class-validator';
import type { Redis } from 'ioredis';
import { Event, LightbusModule, PublishError, SchemaIncompatibleError } from 'nestjs-lightbus';
import { PublicationGate } from '../../lib/schema/publication/publication-gate.js';
import { RedisSchemas } from '../../lib/schema/redis-schemas.js';
import { startRedis, uniqueName, type RedisServer } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { startApplication, type Application, type ApplicationParts } from './application.js';

type Class = new () => object;

let redis: RedisServer;
let raw: Redis;

beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
});

function eventOf(name: string, decorate = IsInt()): Class {
  class Fired {}
  decorate(Fired.prototype, 'n');
  Event(name)(Fired);
  return Fired;
}

function start(events: Class[], parts: Partial<ApplicationParts> = {}): Promise<Application> {
  const common = { url: redis.url, service: 'svc', options: { features: [] } };
  return startApplication({ ...common, ...parts, events });
}

async function eventsOf(api: string): Promise<string[]> {
  const text = await raw.get(`schema:${api}`);
  return Object.keys((JSON.parse(text ?? '{}') as { events?: object }).events ?? {}).sort();
}

const warnings = ({ logs }: Application, about: RegExp) =>
  logs.filter((line) => /^(warn|error) /.test(line) && about.test(line));

describe('what somebody has put where schemas are', () => {
  it.each<[string, (key: string) => Promise<unknown>]>([
    ['a list', (key) => raw.rpush(key, 'x')],
    ['a text of 20 MB', (key) => raw.set(key, `{"events": {"x": "${'x'.repeat(20_000_000)}"}}`)],
    ['what is no UTF-8', (key) => raw.set(key, Buffer.from([0x22, 0xff, 0x22]))],
    ['no text at all', (key) => raw.setbit(key, 100, 1)],
    [
      'what Python can not read for its depth',
      (key) => raw.set(key, `{"events": {"x": ${'['.repeat(900)}${']'.repeat(900)}}}`),
    ],
  ])(
    'is replaced, at the start and later, with one warning: %s',
    async (_, put) => {
      const api = uniqueName('other');
      const key = `schema:${api}`;
      await put(key);
      const Fired = eventOf(`${api}.e`);
      const application = await start([Fired], { bus: { schema: { ttl: 5 } } });
      await application.bus.fire(Fired, { n: 1 });
      expect(await eventsOf(api)).toEqual(['e']);
      await raw.del(key);
      await put(key);
      await waitFor(async () => (await eventsOf(api).catch(() => [])).join() === 'e');
      expect(warnings(application, /is no schema of an API, and is replaced/)).toHaveLength(1);
    },
    20_000,
  );

  it('has letters that are none in it: what is said beside them stays', async () => {
    const api = uniqueName('letters');
    const bytes = [Buffer.from('{"events": {"x": {"title": "'), Buffer.from([0xff])];
    await raw.set(`schema:${api}`, Buffer.concat([...bytes, Buffer.from('"}}, "rpcs": {}}')]));
    await start([eventOf(`${api}.e`)]);
    expect(await eventsOf(api)).toEqual(['e', 'x']);
    const stored = await raw.getBuffer(`schema:${api}`);
    expect(stored?.every((byte) => byte < 128)).toBe(true);
  });

  it('of another type, under keys of ours, is replaced with a warning', async () => {
    const api = uniqueName('ours');
    const keys = [`lightbus:schemas:{schema:${api}}`, `lightbus:schema_history:{schema:${api}}`];
    for (const key of keys) await raw.set(key, 'x');
    const application = await start([eventOf(`${api}.e`)]);
    expect(await eventsOf(api)).toEqual(['e']);
    expect(await Promise.all(keys.map((key) => raw.type(key)))).toEqual(['hash', 'stream']);
    expect(warnings(application, /is of another type than this module's/)).toHaveLength(2);
  });

  it.each(['no json', '{"start": 1}', '['.repeat(5_000), '{"service": null, "start": NaN}'])(
    'as a record of ours is taken for none: %.20s',
    async (text) => {
      const api = uniqueName('record');
      await raw.hset(`lightbus:schemas:{schema:${api}}`, 'e', text);
      await start([eventOf(`${api}.e`)]);
      expect(await eventsOf(api)).toEqual(['e']);
    },
  );

  it('in place of the names of all APIs, is left to its owner, and named', async () => {
    const server = await startRedis();
    await server.client().set('schemas', 'x');
    const api = uniqueName('names');
    const Fired = eventOf(`${api}.e`);
    const { bus } = await start([Fired], { url: server.url, api: { event_fire_timeout: 1 } });
    const error: unknown = await bus.fire(Fired, { n: 1 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PublishError);
    expect((error as PublishError).retry).toBe('never');
    expect((error as Error).message).toMatch(/WRONGTYPE.*the key 'schemas' must be a set/);
    expect(await server.client().get('schemas')).toBe('x');
    await server.client().del('schemas');
    await waitFor(() => bus.fire(Fired, { n: 1 }).catch(() => undefined));
  }, 20_000);

  it('hinders nobody who reads the others', async () => {
    const server = await startRedis();
    const client = server.client();
    await client.sadd('schemas', 'list', 'long', 'good', 'gone');
    await client.rpush('schema:list', 'x');
    await client.set('schema:long', 'x'.repeat(17_000_000));
    await client.set('schema:good', '{"events": {}, "rpcs": {}}');
    const schemas = new RedisSchemas({ url: server.url });
    const { schemas: found, problems } = await schemas.read();
    await schemas.close();
    expect(found).toEqual({ good: { events: {}, rpcs: {} } });
    expect(problems.map((problem) => /'schema:(\w+)'/.exec(problem)?.[1])).toEqual([
      'list',
      'long',
    ]);
  });
});

describe('events that wait for their schema', () => {
  let opening: { mockRestore(): void } | undefined;

  afterEach(() => opening?.mockRestore());

  it('are stored in the order in which they were fired, those that come as it opens included', async () => {
    const api = uniqueName('order');
    const server = await startRedis();
    await server.kill();
    const Fired = eventOf(`${api}.e`);
    const transport = { redis: { url: server.url } };
    const { bus } = await start([Fired], {
      bus: { schema: { transport } },
      api: { event_fire_timeout: 1 },
    });
    const firing: Promise<unknown>[] = [];
    let n = 0;
    const fire = () => firing.push(bus.fire(Fired, { n: n++ }));
    // In the same turn in which it opens, and in the turns after it.
    const open = Reflect.get(PublicationGate.prototype, 'open');
    opening = jest.spyOn(PublicationGate.prototype, 'open').mockImplementation(function (
      this: PublicationGate,
      apiName,
    ) {
      open.call(this, apiName);
      fire();
      let turns = 20;
      const again = (): void => {
        fire();
        if (--turns > 0) queueMicrotask(again);
      };
      queueMicrotask(again);
    });
    for (let i = 0; i < 100; i++) fire();
    await server.restart();
    await waitFor(() => firing.length >= 121);
    await Promise.all(firing);
    const entries = await raw.xrange(`${api}.*:stream`, '-', '+');
    const stored = entries.map(([, fields]) => Number(fields[fields.indexOf(':n') + 1]));
    expect(stored).toEqual(stored.map((_, i) => i));
    expect(stored.length).toBe(n);
  }, 20_000);
});

describe('many processes', () => {
  it('that start at once publish all there is, and one description of what all have', async () => {
    const api = uniqueName('crowd');
    const names = Array.from({ length: 20 }, (_, i) => `e${i}`);
    const applications = await Promise.all(
      names.map((name, i) =>
        start([eventOf(`${api}.${name}`), eventOf(`${api}.shared`)], { process: `p${i}` }),
      ),
    );
    expect(await eventsOf(api)).toEqual([...names, 'shared'].sort());
    expect(await raw.xlen(`lightbus:schema_history:{schema:${api}}`)).toBe(21);
    expect(applications.flatMap((one) => warnings(one, /schema|describ/))).toEqual([]);
  }, 30_000);

  it('survive a Python that leaves all of it out, again and again', async () => {
    const api = uniqueName('leftout');
    const ttl = { bus: { schema: { ttl: 2 } } };
    await Promise.all([1, 2, 3].map((n) => start([eventOf(`${api}.e${n}`)], ttl)));
    for (let round = 0; round < 4; round++) {
      await raw.set(`schema:${api}`, '{"events": {"python": {}}, "rpcs": {"r": {}}}', 'EX', 2);
      await waitFor(async () => (await eventsOf(api)).join() === 'e1,e2,e3,python');
    }
    expect(await raw.xlen(`lightbus:schema_history:{schema:${api}}`)).toBe(3);
  }, 30_000);
});

describe('a module that comes late', () => {
  const load = ({ app }: Application, events: Class[]) =>
    app.get(LazyModuleLoader).load(() => ({ ...LightbusModule.forFeature(events) }));
  const failureOf = (fired: Promise<unknown>) =>
    fired.then(
      () => undefined,
      (reason: unknown) => reason as PublishError,
    );

  it('has its events published, whether or not one is fired', async () => {
    const [api, other] = [uniqueName('late'), uniqueName('late')];
    const application = await start([eventOf(`${api}.e`)]);
    await load(application, [eventOf(`${api}.late`), eventOf(`${other}.late`)]);
    await waitFor(async () => (await eventsOf(api)).join() === 'e,late');
    await waitFor(async () => (await eventsOf(other)).join() === 'late');
  });

  it('has told, once, what no schema can say of its events', async () => {
    const api = uniqueName('late');
    const application = await start([eventOf(`${api}.e`)]);
    const Late = eventOf(`${api}.late`, IsEmail());
    const told = () => warnings(application, /^warn The published schema of '.*\.late' can't say/);
    await load(application, [Late]);
    expect(told()).toEqual([expect.stringContaining('isEmail')]);
    await load(application, [Late]);
    expect(told()).toHaveLength(1);
  });

  it('and is not compatible, is refused alone: all else is fired, and goes on being published', async () => {
    const api = uniqueName('refused');
    await (await start([eventOf(`${api}.late`)])).close();
    const ttl = { bus: { schema: { ttl: 2 } }, api: { schema_compatibility: 'refuse' } };
    const [Early, Late, Good] = [
      eventOf(`${api}.early`),
      eventOf(`${api}.late`, IsString()),
      eventOf(`${api}.good`),
    ];
    const application = await start([Early], ttl);
    await raw.del(`schema:${api}`);
    await load(application, [Late, Good]);
    const { bus } = application;
    for (let round = 0; round < 2; round++) {
      const [error] = await Promise.all([
        failureOf(bus.fire(Late, { n: 'x' })),
        bus.fire(Early, { n: 1 }),
        bus.fire(Good, { n: 1 }),
      ]);
      expect(error).toBeInstanceOf(PublishError);
      expect(error?.retry).toBe('never');
      expect(error?.cause).toBeInstanceOf(SchemaIncompatibleError);
      expect((error?.cause as SchemaIncompatibleError).changes).toMatchObject([
        { event: `${api}.late`, path: 'n' },
      ]);
      expect(await eventsOf(api)).toEqual(['early', 'good']);
      // Put back, and kept, as before.
      await raw.del(`schema:${api}`);
      await waitFor(async () => (await eventsOf(api)).join() === 'early,good');
    }
    const both = bus.fireAll([
      Object.assign(new Early(), { n: 1 }),
      Object.assign(new Late(), { n: 'x' }),
    ]);
    expect(await failureOf(both)).toBeInstanceOf(PublishError);
    expect(await raw.xlen(`${api}.*:stream`)).toBe(4);
    expect(warnings(application, /This was not published, as schema_compatibility is/)).toEqual([
      expect.stringMatching(/^error .*\.late' \(version 1\).* All else of the API stays published/),
    ]);
    await load(application, [eventOf(`${api}.last`)]);
    await waitFor(async () => (await eventsOf(api)).join() === 'early,good,last');
  }, 20_000);
});
