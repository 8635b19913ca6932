import { fileURLToPath } from 'node:url';
import { Injectable } from '@nestjs/common';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { IsInt } from 'class-validator';
import type { Redis } from 'ioredis';
import { Event, EventValidationError, OnEvent } from 'nestjs-lightbus';
import { commandsWhile, recordCommands, type MonitoredCommand } from '../support/monitor.js';
import { startRedis, uniqueName, type RedisServer } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { startApplication, type ApplicationParts } from './application.js';
import { CliProcess, directoryWith, lightbus } from './cli-process.js';

const WORKER = fileURLToPath(new URL('../fixtures/cli/worker.module.mjs', import.meta.url));

let redis: RedisServer;
let raw: Redis;
let commands: MonitoredCommand[];

beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
  commands = await recordCommands(redis.client());
});

const parametersOf = (properties: object) => ({
  parameters: {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  },
});

/** As a Python service does it, whose event this is. */
async function publish(api: string, events: Readonly<Record<string, unknown>>): Promise<void> {
  await raw.set(`schema:${api}`, JSON.stringify({ events, rpcs: {} }), 'EX', 60);
  await raw.sadd('schemas', api);
}

const INTEGER = { placed: parametersOf({ n: { type: 'integer' } }) };
const INCOMING = { validate: { incoming: true } };

/** A listener of an API of which no class is known, and an entry of it that a Python service has written. */
async function receive(
  text: string,
  { onError, ...parts }: Partial<ApplicationParts> & { onError?: 'dead_letter' | 'shutdown' } = {},
  schema: (api: string) => Promise<unknown> = (api) => publish(api, INTEGER),
) {
  const api = uniqueName('remote');
  await schema(api);
  @Injectable()
  class Listener {
    readonly seen: unknown[] = [];
    @OnEvent(`${api}.*`, { listenerName: 'all', onError: onError ?? 'dead_letter' })
    handle(event: object) {
      this.seen.push(event);
    }
  }
  const service = await startApplication({
    ...{ url: redis.url, service: 'svc', providers: [Listener] },
    ...parts,
  });
  const stream = `${api}.*:stream`;
  const fields = ['id', 'x', 'api_name', api, 'event_name', 'placed', 'version', '1', ':n', text];
  await raw.xadd(stream, '*', ...fields);
  const letters = async () => {
    const found = await raw.xrange(`lightbus:dead_letters:{${stream}}:svc-all`, '-', '+');
    return found.map(([, entry]) => JSON.parse(entry[1] ?? '') as { message: string });
  };
  const settled = waitFor(async () => {
    const groups = (await raw.xinfo('GROUPS', stream)) as unknown[][];
    const pending = await raw.xpending(stream, 'svc-all').catch(() => [1]);
    return groups.length > 0 && groups[0]?.[7] !== '0-0' && pending[0] === 0;
  });
  return { api, stream, settled, letters, ...service, seen: service.app.get(Listener).seen };
}

describe('a received event that no class describes, where validate.incoming is on,', () => {
  it('is handled where it satisfies what its own service has published', async () => {
    const { settled, seen, letters } = await receive('5', { api: INCOMING });
    await settled;
    expect(seen).toEqual([{ n: 5 }]);
    expect(await letters()).toEqual([]);
  });

  it('is an invalid one where it does not: onError says what becomes of it', async () => {
    const { settled, seen, letters } = await receive('"five"', { api: INCOMING });
    await settled;
    expect(seen).toEqual([]);
    expect(await letters()).toEqual([
      expect.objectContaining({
        reason: 'invalid',
        message: expect.stringMatching(/n: must be integer/) as unknown,
      }),
    ]);
  });

  it('is tried again by retry, and handled once the schema that is published takes it', async () => {
    const api = uniqueName('later');
    await publish(api, INTEGER);
    @Injectable()
    class Listener {
      readonly seen: unknown[] = [];
      @OnEvent(`${api}.placed`, { listenerName: 'all' })
      handle(event: object) {
        this.seen.push(event);
      }
    }
    const { app, logs } = await startApplication({
      ...{ url: redis.url, service: 'svc', providers: [Listener], api: INCOMING },
      bus: { schema: { ttl: 1 } },
    });
    const fields = [
      'id',
      'x',
      'api_name',
      api,
      'event_name',
      'placed',
      'version',
      '1',
      ':n',
      '"a"',
    ];
    await raw.xadd(`${api}.*:stream`, '*', ...fields);
    await waitFor(() =>
      logs.some((line) => /must be integer.*no later event overtakes/.test(line)),
    );
    await publish(api, { placed: parametersOf({ n: { type: 'string' } }) });
    await waitFor(() => app.get(Listener).seen.length === 1);
  });

  const bad = (n: unknown) => (api: string) => publish(api, { placed: parametersOf({ n }) });

  it.each<[string, (api: string) => Promise<unknown>, RegExp]>([
    ['nothing is published', async () => undefined, /nothing describes/],
    [
      'it is no JSON',
      (api: string) => raw.set(`schema:${api}`, '{'),
      /is ignored: it is no schema of an API/,
    ],
    [
      'it is 20 MB',
      (api: string) => raw.set(`schema:${api}`, `"${'x'.repeat(20_000_000)}"`),
      /is ignored: it is no text, or far too long/,
    ],
    [
      'it has a pattern that takes for ever',
      bad({ pattern: '^(.?){400}x' }),
      /placed', as .* is ignored: it takes longer than 500 ms/,
    ],
    [
      'it refers to itself without an end',
      bad({ $ref: '#/properties/n' }),
      /placed'.* is ignored: /,
    ],
    [
      'it refers to elsewhere',
      bad({ $ref: 'http://127.0.0.1:1/a.json' }),
      /placed'.* is ignored: /,
    ],
    [
      'it is nested deeply',
      bad(JSON.parse(`${'{"not":'.repeat(100)}{}${'}'.repeat(100)}`)),
      /placed'.* is ignored: it is nested more than 64/,
    ],
    [
      'it is huge',
      (api: string) => raw.set(`schema:${api}`, 'x'.repeat(3_000_000)),
      /is ignored: it is longer than 1 MiB/,
    ],
    [
      'it is no text',
      (api: string) => raw.lpush(`schema:${api}`, 'x'),
      /is ignored: it is no text, or far too long/,
    ],
  ])('is handled where %s, with one warning', async (_what, schema, warning) => {
    const { settled, seen, logs } = await receive('"five"', { api: INCOMING }, schema);
    await settled;
    expect(seen).toEqual([{ n: 'five' }]);
    const about = /is ignored|nothing describes/;
    expect(logs.filter((line) => line.startsWith('warn') && about.test(line))).toEqual([
      expect.stringMatching(warning),
    ]);
  });

  it('is invalid where nothing is published, by strict_validation, as in Lightbus', async () => {
    const api = { ...INCOMING, strict_validation: true };
    const { settled, seen, letters } = await receive('5', { api }, async () => undefined);
    await settled;
    expect(seen).toEqual([]);
    expect(await letters()).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/strict_validation is on, and nothing describes/) as unknown,
      }),
    ]);
  });
});

it('is never validated where incoming is off: no schema is even read', async () => {
  const strict = { validate: { incoming: false, outgoing: true }, strict_validation: true };
  let unread = '';
  const sent = await commandsWhile(commands, raw, async () => {
    const { settled, seen, api } = await receive('"five"', { api: strict });
    unread = `schema:${api}`;
    await settled;
    expect(seen).toEqual([{ n: 'five' }]);
  });
  const reads = sent.filter(({ args: [name, key] }) => name !== 'set' && key === unread);
  expect(reads).toEqual([]);
});

describe('an event that is fired, and whose class has no rules,', () => {
  async function start(api: string, parts: Partial<ApplicationParts> = {}) {
    @Event(`${api}.placed`)
    class Placed {
      n?: unknown;
      colour?: unknown;
    }
    const service = await startApplication({
      ...{ url: redis.url, service: 'svc', events: [Placed], options: { features: [] } },
      ...parts,
    });
    const entries = () => raw.xlen(`${api}.*:stream`);
    return { ...service, Placed, entries };
  }

  it('is validated by what another service has published, and leaves that as it is', async () => {
    const api = uniqueName('outgoing');
    await publish(api, INTEGER);
    const { bus, Placed, entries } = await start(api);

    await bus.fire(Placed, { n: 5 });
    const refused = bus.fire(Placed, { n: 'five', colour: 'red' });

    await expect(refused).rejects.toThrow(EventValidationError);
    await expect(refused).rejects.toMatchObject({
      properties: [
        { path: 'colour', value: 'red' },
        { path: 'n', value: 'five' },
      ],
      message: expect.stringMatching(/published under 'schema:outgoing/) as unknown,
    });
    expect(await entries()).toBe(1);
    expect(JSON.parse((await raw.get(`schema:${api}`)) ?? '')).toEqual({
      events: INTEGER,
      rpcs: {},
    });
  });

  it('is judged as it is written: a date is a text', async () => {
    const api = uniqueName('outgoing');
    await publish(api, { placed: parametersOf({ n: { type: 'string', format: 'date-time' } }) });
    const { bus, Placed, entries } = await start(api);

    await bus.fire(Placed, { n: new Date(0) });
    expect(await entries()).toBe(1);
  });

  it('is refused where nobody has published one, as every property that its class does not have', async () => {
    const { bus, Placed, entries } = await start(uniqueName('outgoing'));

    await expect(bus.fire(Placed, { n: 5 })).rejects.toThrow(
      /no rules of its own.*n: must NOT.*@Allow/,
    );
    expect(await entries()).toBe(0);
  });

  it('is fired as it is where validate.outgoing is off', async () => {
    const api = uniqueName('outgoing');
    await publish(api, INTEGER);
    const { bus, Placed, entries } = await start(api, { api: { validate: { outgoing: false } } });

    await bus.fire(Placed, { n: 'five' });
    expect(await entries()).toBe(1);
  });

  it('has its own rules asked, and nobody else, where it has some', async () => {
    const api = uniqueName('outgoing');
    await publish(api, { placed: parametersOf({ n: { type: 'string' } }) });
    @Event(`${api}.placed`)
    class Placed {
      @IsInt() n!: number;
    }
    const { bus } = await startApplication({ url: redis.url, service: 'svc', events: [Placed] });

    await expect(bus.fire(Placed, { n: 5 })).resolves.toMatchObject({ payload: { n: 5 } });
  });
});

it('run --schema: what can not be read ends it with 2, before it has started', async () => {
  const env = { REDIS_URL: redis.url, LOG_URL: redis.url, API: uniqueName('none'), LOG: 'none' };
  const args = ['run', '--bus', WORKER, '--schema', 'missing.json'];
  const { code, stderr } = await lightbus(args, { cwd: directoryWith(), env });
  expect(code).toBe(2);
  expect(stderr).toMatch(/missing\.json \(--schema\)/);
});

it('run --schema: schemas from a file are stronger than what is published; --config may be repeated', async () => {
  const api = uniqueName('given');
  await publish(api, INTEGER);
  const cwd = directoryWith({
    'shared.yaml': `apis: {default: {event_transport: {redis: {url: '${redis.url}'}}}}`,
    'own.json': JSON.stringify({ apis: { default: { validate: { incoming: true } } } }),
    'schemas.json': JSON.stringify({
      [api]: { events: { placed: parametersOf({ n: { type: 'string' } }) }, rpcs: {} },
    }),
  });
  const worker = new CliProcess(
    [
      ...['run', '--bus', WORKER, '--config', 'shared.yaml', '--config', 'own.json'],
      ...['--schema', 'schemas.json'],
    ],
    {
      cwd,
      env: {
        REDIS_URL: redis.url,
        LOG_URL: redis.url,
        API: api,
        LOG: `${api}:log`,
        NO_CONFIG: '1',
      },
    },
  );
  await worker.whenPrinted('Running');
  const send = (n: string) =>
    raw.xadd(
      `${api}.*:stream`,
      ...['*', 'id', n, 'api_name', api, 'event_name', 'placed', 'version', '1', ':n', n],
    );
  await send('"x"');
  await waitFor(async () => (await raw.lrange(`${api}:log`, 0, -1)).includes('done x'));
  await send('5');
  await waitFor(() => `${worker.stdout}${worker.stderr}`.includes('n: must be string'));
  await worker.end('SIGTERM');
});
