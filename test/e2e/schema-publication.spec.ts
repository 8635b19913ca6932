import { beforeAll, describe, expect, it } from '@jest/globals';
import { Type as TypeOf } from 'class-transformer';
import { IsDate, IsInt, IsOptional, IsString } from 'class-validator';
import type { Redis } from 'ioredis';
import { Event, PublishError, SchemaIncompatibleError, type LightbusConfig } from 'nestjs-lightbus';
import { commandsWhile, recordCommands, type MonitoredCommand } from '../support/monitor.js';
import { freePort, startRedis, uniqueName, type RedisServer } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { startApplication, type Application, type ApplicationParts } from './application.js';

interface Published {
  readonly events: Record<string, { readonly parameters: Record<string, unknown> }>;
  readonly rpcs: Record<string, unknown>;
}

type Class = new () => object;

let redis: RedisServer;
let raw: Redis;
let commands: MonitoredCommand[];

beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
  commands = await recordCommands(redis.client());
});

/** An event of an API, with one property of this decorator. */
function eventOf(
  name: string,
  decorate: PropertyDecorator | null = IsInt(),
  options: {
    version?: number;
    upcasters?: Record<number, (plain: object) => Record<string, unknown>>;
  } = {},
): Class {
  class Fired {}
  if (decorate) decorate(Fired.prototype, 'n');
  Event(name, options as { version?: number })(Fired);
  return Fired;
}

function start(events: Class[], parts: Partial<ApplicationParts> = {}): Promise<Application> {
  return startApplication({
    ...{ url: redis.url, service: 'svc', options: { features: [] } },
    ...parts,
    events,
  });
}

const textOf = (api: string) => raw.get(`schema:${api}`);

async function published(api: string): Promise<Published> {
  return JSON.parse((await textOf(api)) ?? 'null') as Published;
}

const warnings = ({ logs }: Application, about: RegExp) =>
  logs.filter((line) => /^(warn|error) /.test(line) && about.test(line));

describe('the schema of an API', () => {
  it('is published byte for byte as Python writes it, before the application has started', async () => {
    const api = uniqueName('published');
    class Placed {
      @IsString() zip!: string;
      @IsOptional() @IsInt() café?: number | null;
      @IsDate() @TypeOf(() => Date) at!: Date;
    }
    Event(`${api}.placed`)(Placed);
    await start([Placed]);
    const text = await textOf(api);
    expect(text).toMatch(/^\{"events": \{"placed": \{"parameters": \{"\$schema": "http/);
    expect(text).toContain('"caf\\u00e9": ');
    expect(text).toMatch(/, "rpcs": \{\}\}$/);
    expect(text).not.toContain('\n');
    expect(await raw.sismember('schemas', api)).toBe(1);
    expect(await raw.ttl(`schema:${api}`)).toBeGreaterThan(55);
    expect(await raw.ttl(`schema:${api}`)).toBeLessThanOrEqual(60);
  });

  it.each([true, false])(
    'is one line on Redis, as Python has it: human_readable %p',
    async (human_readable) => {
      const api = uniqueName('line');
      await start([eventOf(`${api}.e`)], { bus: { schema: { human_readable } } });
      expect(await textOf(api)).toMatch(/^\{"events": .*\}$/);
    },
  );

  it('outlives one of two services, with all that both have described, and expires with the last one', async () => {
    const api = uniqueName('dies');
    const parts = { bus: { schema: { ttl: 2 } } };
    const first = await start([eventOf(`${api}.e`), eventOf(`${api}.both`)], {
      ...parts,
      service: 'one',
    });
    const second = await start([eventOf(`${api}.both`), eventOf(`${api}.f`)], {
      ...parts,
      service: 'two',
    });
    await first.close();
    // By then that of the first one alone is gone.
    const from = commands.length;
    const renewals = () =>
      commands
        .slice(from)
        .filter(({ args }) => args[0] === 'pexpire' && args[1] === `schema:${api}`);
    await waitFor(() => renewals().length >= 3, { timeoutMs: 15_000 });
    expect(Object.keys((await published(api)).events).sort()).toEqual(['both', 'e', 'f']);
    await second.close();
    await waitFor(async () => (await raw.exists(`schema:${api}`)) === 0);
    expect(await raw.sismember('schemas', api)).toBe(1);
  }, 30_000);

  it('is there before the first event can be stored, and kept every 0.8 x ttl', async () => {
    const api = uniqueName('kept');
    const Fired = eventOf(`${api}.fired`);
    const from = commands.length;
    const connections = async () =>
      String(await raw.client('LIST')).match(/nestjs-lightbus-schema/g)?.length ?? 0;
    const others = await connections();
    const { bus, close } = await start([Fired], { bus: { schema: { ttl: 5 } } });
    await bus.fire(Fired, { n: 1 });
    const of = (name: string) =>
      commands.slice(from).filter(({ args }) => args[0] === name && args.join(' ').includes(api));
    await waitFor(() => of('xadd').length > 1);
    const set = of('set').find(({ args }) => args[1] === `schema:${api}`);
    const xadd = of('xadd').find(({ args }) => args[1] === `${api}.*:stream`);
    expect(commands.indexOf(set!)).toBeLessThan(commands.indexOf(xadd!));
    // Not looked at between: what is expected of the server's own clock is that it never expires.
    await waitFor(() => of('pexpire').length >= 2, { timeoutMs: 15_000 });
    const times = [set!, ...of('pexpire')].map(({ time }) => time);
    for (const [i, time] of times.entries()) {
      if (i > 0) expect(time - times[i - 1]!).toBeLessThan(5_000);
      if (i > 0) expect(time - times[i - 1]!).toBeGreaterThan(3_900);
    }
    await close();
    expect(await connections()).toBe(others);
  }, 30_000);

  it('costs two commands to keep, and one to look at', async () => {
    const api = uniqueName('cost');
    await start([eventOf(`${api}.fired`)], { bus: { schema: { ttl: 5 } } });
    const ours = () =>
      commands.filter(({ args, inScript }) => !inScript && args.join(' ').includes(api));
    const renewals = () => ours().filter(({ args }) => args[0] === 'sadd').length;
    await waitFor(() => renewals() === 1);
    const before = ours().length;
    await waitFor(() => renewals() === 2);
    const names = ours()
      .slice(before)
      .map(({ args }) => args[0]);
    expect(names.slice(-2)).toEqual(['evalsha', 'sadd']);
    expect(new Set(names.slice(0, -2))).toEqual(new Set(['evalsha']));
    expect(names.length).toBeLessThanOrEqual(2 + 4);
    const sent = ours()
      .slice(before)
      .flatMap(({ args }) => args);
    expect(sent.join(' ')).not.toContain('"events"');
  });

  it('costs nothing per event', async () => {
    const api = uniqueName('free');
    const Fired = eventOf(`${api}.fired`);
    const { bus } = await start([Fired]);
    const found = await commandsWhile(commands, raw, async () => {
      for (let n = 0; n < 10; n++) await bus.fire(Fired, { n });
    });
    expect(found.filter(({ args }) => args.join(' ').includes(api))).toHaveLength(10);
  });

  it('is published where bus.schema.transport says, else where the events are', async () => {
    const [schemas, events] = await Promise.all([startRedis(), startRedis()]);
    const [apart, together] = [uniqueName('apart'), uniqueName('together')];
    const transport = { redis: { url: schemas.url } };
    await start([eventOf(`${apart}.e`)], { url: events.url, bus: { schema: { transport } } });
    await start([eventOf(`${together}.e`)], { url: events.url });
    expect(await schemas.client().exists(`schema:${apart}`)).toBe(1);
    expect(await events.client().exists(`schema:${apart}`)).toBe(0);
    expect(await events.client().exists(`schema:${together}`)).toBe(1);
  });

  it('is published nowhere where events are in memory', async () => {
    const api = uniqueName('memory');
    const config: LightbusConfig = {
      bus: { schema: { transport: { redis: { url: `redis://127.0.0.1:${await freePort()}` } } } },
      apis: { default: { event_transport: { memory: {} } } },
    };
    const Fired = eventOf(`${api}.e`);
    const { bus, logs } = await start([Fired], { options: { config } });
    await bus.fire(Fired, { n: 1 });
    expect(logs.filter((line) => line.includes('onnect'))).toEqual([]);
  });

  it('keeps an event that was removed, until somebody deletes what is published', async () => {
    const api = uniqueName('removed');
    const events = async () => Object.keys((await published(api))?.events ?? {}).sort();
    const parts = { bus: { schema: { ttl: 5 } } };
    await (await start([eventOf(`${api}.e`), eventOf(`${api}.removed`)], parts)).close();
    await start([eventOf(`${api}.e`)], parts);
    expect(await events()).toEqual(['e', 'removed']);
    await raw.del(`schema:${api}`);
    await waitFor(async () => (await events()).length > 0);
    expect(await events()).toEqual(['e']);
  });

  it('is remembered with a thousand earlier descriptions, and not many more', async () => {
    const api = uniqueName('long');
    const key = `lightbus:schema_history:{schema:${api}}`;
    const writes = raw.pipeline();
    for (let i = 0; i < 1_300; i++) writes.xadd(key, '*', 'event', 'x', 'record', `${i}`);
    await writes.exec();
    await start([eventOf(`${api}.e`)]);
    const length = await raw.xlen(key);
    // Redis trims its stream by whole nodes, of 100 entries.
    expect(length).toBeGreaterThanOrEqual(1_000);
    expect(length).toBeLessThan(1_100);
  });

  it('keeps what others describe, and loses no digit of it', async () => {
    const api = uniqueName('foreign');
    const theirs =
      '{"events": {"other": {"parameters": {"properties": {"big": {"maximum": 12345678901234567890, ' +
      '"minimum": NaN}}, "required": []}}}, "extra": {}, "rpcs": {"check": {"parameters": {}}}}';
    await raw.set(`schema:${api}`, theirs);
    await start([eventOf(`${api}.e`)]);
    const text = await textOf(api);
    expect(text).toMatch(/"e": \{"parameters"/);
    expect(text).toContain(theirs.slice(12, theirs.indexOf('}}}, "extra"')));
    expect(text).toMatch(/, "extra": \{\}, "rpcs": \{"check": \{"parameters": \{\}\}\}\}$/);
  });

  it.each([
    'no json',
    '[]',
    '{"events": []}',
    '"text"',
    '{"events": {}, "rpcs": 1}',
    '['.repeat(50_000),
  ])('replaces what is no schema, with one warning: %.30s', async (text) => {
    const api = uniqueName('broken');
    await raw.set(`schema:${api}`, text);
    const application = await start([eventOf(`${api}.e`)]);
    expect(Object.keys((await published(api)).events)).toEqual(['e']);
    expect(warnings(application, /is no schema of an API, and is replaced/)).toHaveLength(1);
  });

  it('of many processes at once is the sum of all', async () => {
    const api = uniqueName('many');
    const names = Array.from({ length: 12 }, (_, i) => `e${i}`);
    await Promise.all(
      names.map((name) => start([eventOf(`${api}.${name}`)], { service: `svc-${name}` })),
    );
    expect(Object.keys((await published(api)).events).sort()).toEqual([...names].sort());
  });

  it('is put back where somebody writes less, and where Redis was emptied', async () => {
    const api = uniqueName('less');
    await start([eventOf(`${api}.e`)], { bus: { schema: { ttl: 5 } } });
    const both = () =>
      published(api).then((found) =>
        Object.keys(found?.events ?? {})
          .sort()
          .join(),
      );
    await raw.set(`schema:${api}`, '{"events": {"python": {"parameters": {}}}, "rpcs": {}}');
    await waitFor(async () => (await both()) === 'e,python');
    await raw.del(`schema:${api}`);
    await waitFor(async () => (await both()) === 'e');
    await raw.flushall();
    await waitFor(async () => (await both()) === 'e');
    expect(await raw.sismember('schemas', api)).toBe(1);
  });
});

describe('an event that two describe differently', () => {
  const typeOf = async (api: string) =>
    ((await published(api)).events.e!.parameters.properties as { n?: object }).n;
  const looks = { bus: { schema: { ttl: 5 } } };

  it('is described by who began later, and not flipped back by the older ones', async () => {
    const api = uniqueName('later');
    const old = await start([eventOf(`${api}.e`, IsInt())], { ...looks, process: 'old' });
    const now = await start([eventOf(`${api}.e`, IsString())], { ...looks, process: 'new' });
    expect(await typeOf(api)).toEqual({ type: 'string' });
    // The old one looks, and refreshes.
    const from = commands.length;
    const kept = () =>
      commands
        .slice(from)
        .filter(({ args }) => args[0] === 'pexpire' && args[1] === `schema:${api}`);
    await waitFor(() => kept().length >= 2, { timeoutMs: 15_000 });
    expect(await typeOf(api)).toEqual({ type: 'string' });
    expect(warnings(old, /described differently/)).toEqual([]);
    // The new deployment is taken back.
    await now.close();
    const type = async () => JSON.stringify(await typeOf(api));
    await waitFor(async () => (await type()) === '{"type":"integer"}', { timeoutMs: 20_000 });
  }, 60_000);

  it('is described by the higher version', async () => {
    const api = uniqueName('version');
    const upcasters = { 1: () => ({}) };
    await start([eventOf(`${api}.e`, IsString(), { version: 2, upcasters })], { process: 'p1' });
    await start([eventOf(`${api}.e`, IsInt())], { process: 'p2' });
    expect(await typeOf(api)).toEqual({ type: 'string' });
  });

  it('is told once by each of two services, with the difference', async () => {
    const api = uniqueName('disagree');
    const first = await start([eventOf(`${api}.e`, IsInt())], { ...looks, service: 'one' });
    const second = await start([eventOf(`${api}.e`, IsString())], { ...looks, service: 'two' });
    const about = new RegExp(`'${api}\\.e' is described differently`);
    expect(warnings(second, about)).toHaveLength(1);
    expect(warnings(second, about)[0]).toContain(
      `by the service 'one' and by this one, 'two'. This service's schema is published; compared with that of the other ` +
        `service, ours has: 'n': type was "integer", and is "string" (breaks old events and old readers)`,
    );
    // Nest has one logger, that of the last application.
    await waitFor(() => warnings(second, about).length === 2);
    expect(warnings(second, about)[1]).toContain("The other service's schema is published");
    expect(first.logs).toBeDefined();
  }, 20_000);

  it('is left to Python where Python writes it back, and told once', async () => {
    const api = uniqueName('python');
    const theirs = '{"events": {"e": {"parameters": {"type": "string"}}}, "rpcs": {}}';
    await raw.set(`schema:${api}`, theirs);
    const application = await start([eventOf(`${api}.e`, IsInt())], looks);
    expect(await typeOf(api)).toEqual({ type: 'integer' });
    const about = /is described differently by another service/;
    expect(warnings(application, about)).toEqual([]);
    await raw.set(`schema:${api}`, theirs);
    await waitFor(() => warnings(application, about).length === 1);
    await raw.set(`schema:${api}`, theirs);
    const from = commands.length;
    await waitFor(
      () =>
        commands
          .slice(from)
          .filter(({ args }) => args[0] === 'evalsha' && args.includes(`schema:${api}`)).length > 2,
    );
    expect(await textOf(api)).toBe(theirs);
    expect(warnings(application, about)).toHaveLength(1);
  }, 20_000);

  it('stays as it is where our class says nothing of it', async () => {
    const api = uniqueName('silent');
    const theirs = '{"events": {"e": {"parameters": {"type": "object"}}}, "rpcs": {}}';
    await raw.set(`schema:${api}`, theirs);
    const application = await start([eventOf(`${api}.e`, null)]);
    expect(await textOf(api)).toBe(theirs);
    expect(warnings(application, /described differently|compatible/)).toEqual([]);
  });
});

describe('compatibility', () => {
  const history = async (api: string) => {
    const entries = await raw.xrange(`lightbus:schema_history:{schema:${api}}`, '-', '+');
    return entries.map(([, fields]) => (JSON.parse(fields[3]!) as { version: number }).version);
  };

  it('warns of what breaks, once per event, and remembers beyond the ttl', async () => {
    const api = uniqueName('compat');
    await (await start([eventOf(`${api}.e`, IsInt())])).close();
    await raw.del(`schema:${api}`);
    const application = await start([eventOf(`${api}.e`, IsString())]);
    const about = new RegExp(`'${api}\\.e' \\(version 1\\) is not compatible`);
    expect(warnings(application, about)).toHaveLength(1);
    expect(warnings(application, about)[0]).toMatch(
      /published last \(version 1, by 'svc', process 'w1'\): 'n': type was "integer", and is "string" \(breaks old events and old readers\)/,
    );
    await application.close();
    const again = await start([eventOf(`${api}.e`, IsString())]);
    expect(warnings(again, about)).toEqual([]);
    expect(await history(api)).toEqual([1, 1]);
  });

  it('refuses the start, publishes nothing and leaves nothing open', async () => {
    const api = uniqueName('refuse');
    await (await start([eventOf(`${api}.e`, IsInt())])).close();
    const before = await textOf(api);
    const starting = start([eventOf(`${api}.e`, IsString())], {
      api: { schema_compatibility: 'refuse' },
    });
    const error: unknown = await starting.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SchemaIncompatibleError);
    const { code, changes } = error as SchemaIncompatibleError;
    expect(code).toBe('LIGHTBUS_SCHEMA_INCOMPATIBLE');
    expect(changes).toEqual([
      { event: `${api}.e`, path: 'n', change: 'type', breaks: 'both', inWords: expect.any(String) },
    ]);
    expect(await textOf(api)).toBe(before);
    expect(await history(api)).toEqual([1]);
  });

  it('takes a higher version with upcasters for compatible, and says so', async () => {
    const api = uniqueName('upcast');
    await (await start([eventOf(`${api}.e`, IsInt())])).close();
    const Second = eventOf(`${api}.e`, IsString(), { version: 2, upcasters: { 1: () => ({}) } });
    const application = await start([Second], { api: { schema_compatibility: 'refuse' } });
    expect(application.logs.join('\n')).toMatch(/has version 2 now, and upcasters.*compatible/);
    expect(await history(api)).toEqual([1, 2]);
  });

  it('off: is recorded, and not compared', async () => {
    const api = uniqueName('off');
    await (await start([eventOf(`${api}.e`, IsInt())])).close();
    const application = await start([eventOf(`${api}.e`, IsString())], {
      api: { schema_compatibility: 'off' },
    });
    expect(warnings(application, /compatible/)).toEqual([]);
    expect(await history(api)).toEqual([1, 1]);
  });
});

describe('a Redis that is away', () => {
  it('delays the start and the first events, and holds up nothing later', async () => {
    const api = uniqueName('away');
    const server = await startRedis();
    await server.kill();
    const Fired = eventOf(`${api}.e`);
    const application = await start([Fired], { url: server.url, api: { event_fire_timeout: 1 } });
    const { bus } = application;
    expect(warnings(application, /./).filter((line) => !line.includes('durab'))).toEqual([
      expect.stringMatching(/No connection to Redis/),
    ]);
    const error: unknown = await bus.fire(Fired, { n: 1 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PublishError);
    expect((error as PublishError).retry).toBe('again');
    expect((error as PublishError).ids).toHaveLength(1);
    expect((error as Error).message).toMatch(/is not published yet.*ECONNREFUSED/);
    await server.restart();
    const message = await waitFor(() => bus.fire(Fired, { n: 2 }).catch(() => undefined));
    expect(message.nativeId).toMatch(/-/);
    expect(await server.client().exists(`schema:${api}`)).toBe(1);
  }, 20_000);

  it('of the schemas only, never holds up events once they were published', async () => {
    const api = uniqueName('apart');
    const schemas = await startRedis();
    const Fired = eventOf(`${api}.e`);
    const transport = { redis: { url: schemas.url } };
    const application = await start([Fired], { bus: { schema: { transport, ttl: 5 } } });
    await schemas.kill();
    await application.bus.fire(Fired, { n: 1 });
    await waitFor(() => warnings(application, /No connection to Redis/).length === 1);
    await application.bus.fire(Fired, { n: 2 });
    await schemas.restart();
    await waitFor(async () => (await schemas.client().exists(`schema:${api}`)) === 1);
  }, 20_000);

  it('where the difference is found later, refuses the events', async () => {
    const api = uniqueName('laterefused');
    const server = await startRedis({ appendonly: true });
    const common = {
      url: server.url,
      api: { schema_compatibility: 'refuse', event_fire_timeout: 1 },
    };
    await (await start([eventOf(`${api}.e`, IsInt())], common)).close();
    await server.kill();
    const Fired = eventOf(`${api}.e`, IsString());
    const { bus, logs } = await start([Fired], common);
    await server.restart();
    await waitFor(() => logs.some((line) => line.includes('Nothing was published')));
    const error: unknown = await bus.fire(Fired, { n: 'x' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PublishError);
    expect((error as PublishError).retry).toBe('never');
    expect((error as PublishError).cause).toBeInstanceOf(SchemaIncompatibleError);
  }, 20_000);
});
