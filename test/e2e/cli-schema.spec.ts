import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { Redis } from 'ioredis';
import { parse } from 'yaml';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { configFor, directoryWith, lightbus } from './cli-process.js';

const WORKER = fileURLToPath(new URL('../fixtures/cli/worker.module.mjs', import.meta.url));
const SEED = fileURLToPath(new URL('../fixtures/captured/seed-lightbus.yaml', import.meta.url));

type Dump = Record<string, { events: Record<string, unknown>; rpcs: Record<string, unknown> }>;

describe('lightbus dumpschema', () => {
  let server: RedisServer;
  let redis: Redis;
  let config: string;
  let env: Record<string, string>;
  const published = {
    events: { counted: { parameters: { title: 'old' } }, other: { parameters: {} } },
    rpcs: { check: { parameters: {}, response: {} } },
  };

  beforeAll(async () => {
    server = await startRedis();
    redis = server.client();
    config = configFor(server.url);
    env = { REDIS_URL: server.url, API: 'my.counter', LOG: 'log' };
    await redis.sadd('schemas', 'my.counter', 'my_company.auth', 'broken', 'expired');
    await redis.set('schema:my.counter', JSON.stringify(published));
    await redis.set('schema:my_company.auth', '{"events": {}, "rpcs": {"r": {"limit": NaN}}}');
    await redis.set('schema:broken', '{not json');
  });

  it('prints what is published, sorted, and names what is no schema', async () => {
    const { code, stdout, stderr } = await lightbus(['dumpschema', '--config', config], {
      cwd: directoryWith(),
    });
    expect(code).toBe(0);
    expect(stderr).toBe(
      "warning: What is stored under 'schema:broken' is no schema of an API. It is left out.\n",
    );
    expect(stdout).toContain('"limit": NaN');
    const dump = JSON.parse(stdout.replace('NaN', '0')) as Dump;
    expect(Object.keys(dump)).toEqual(['my.counter', 'my_company.auth']);
    expect(dump['my.counter']).toEqual(published);
  });

  it('reads the Redis of bus.schema.transport, whatever that of the events is', async () => {
    const [schemas, events] = await Promise.all([startRedis(), startRedis()]);
    for (const [server, name] of [
      [schemas, 'right'],
      [events, 'wrong'],
    ] as const) {
      const client = server.client();
      await client.sadd('schemas', name);
      await client.set(`schema:${name}`, '{"events": {}, "rpcs": {}}');
    }
    const split = {
      bus: { schema: { transport: { redis: { url: schemas.url } } } },
      apis: { default: { event_transport: { redis: { url: events.url } } } },
    };
    const cwd = directoryWith({ 'split.json': JSON.stringify(split) });
    const { stdout } = await lightbus(['dumpschema', '--config', 'split.json'], { cwd });
    expect(Object.keys(JSON.parse(stdout) as Dump)).toEqual(['right']);
  });

  it('puts the events of the application in their place, on its Redis, without starting it', async () => {
    const options = JSON.stringify({ redis: server.url });
    const { stdout } = await lightbus(['dumpschema', '--bus', WORKER], {
      env: { ...env, NO_CONFIG: 'yes', OPTIONS: options },
    });
    const dump = JSON.parse(stdout.replace('NaN', '0')) as Dump;
    expect(dump['my.counter']).toEqual({
      events: {
        counted: {
          parameters: {
            $schema: 'http://json-schema.org/draft-07/schema#',
            title: 'Event my.counter.counted parameters',
            type: 'object',
            properties: { n: { type: 'integer' } },
            required: ['n'],
            additionalProperties: false,
          },
        },
        other: { parameters: {} },
      },
      rpcs: published.rpcs,
    });
    expect(await redis.exists('my.counter.*:stream')).toBe(0);
  });

  it.each([
    [true, /^\{\n {2}"my.counter": \{\n {4}"events"/],
    [undefined, /^\{\n {2}"my.counter"/],
    [false, /^\{"my.counter":\{"events".*\}\n$/],
  ])(
    'reads from bus.schema.transport, and prints as human_readable: %s says',
    async (human_readable, expected) => {
      const transport = { redis: { url: server.url } };
      const settings = { bus: { schema: { human_readable, transport } } };
      const cwd = directoryWith({ 'lightbus.json': JSON.stringify(settings) });
      const { stdout } = await lightbus(['dumpschema', '--config', 'lightbus.json'], { cwd });
      expect(stdout).toMatch(expected);
    },
  );

  it('writes a file, or one per API into a directory', async () => {
    const directory = directoryWith();
    const common = ['dumpschema', '--config', config, '--log-level', 'error', '--out'];
    const file = join(directory, 'schema.json');
    const { stdout } = await lightbus([...common, file], { cwd: directory });
    expect(stdout).toBe('');
    expect(readFileSync(file, 'utf8')).toContain('"my_company.auth": {');

    const folder = directoryWith();
    await lightbus([...common, folder], { cwd: directory });
    expect(readdirSync(folder).sort()).toEqual(['my.counter.json', 'my_company.auth.json']);
    const one = JSON.parse(readFileSync(join(folder, 'my.counter.json'), 'utf8')) as Dump;
    expect(one).toEqual({ 'my.counter': published });
  });

  it('says in one line that it cannot write', async () => {
    const out = join(directoryWith(), 'missing', 'schema.json');
    const args = ['dumpschema', '--config', config, '--log-level', 'error', '--out', out];
    const { code, stderr } = await lightbus(args, { cwd: directoryWith() });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: Nothing was written to .*schema\.json: ENOENT.*\n$/);
  });
});

describe('lightbus dumpschema --check', () => {
  const env = { REDIS_URL: 'redis://127.0.0.1:1', API: 'my.counter', LOG: 'log' };
  const dumpOf = (n: object, more: object = {}) => ({
    'my.counter': {
      events: {
        counted: {
          parameters: {
            ...{ type: 'object', properties: { n }, required: ['n'] },
            ...{ additionalProperties: false, ...more },
          },
        },
      },
      rpcs: {},
    },
  });
  const check = (dump: unknown, ...more: string[]) => {
    const cwd = directoryWith({
      'dump.json': typeof dump === 'string' ? dump : JSON.stringify(dump),
    });
    return lightbus(['dumpschema', '--bus', WORKER, '--check', 'dump.json', ...more], { env, cwd });
  };

  it('finds what is compatible, without a Redis', async () => {
    const { code, stdout, stderr } = await check(dumpOf({ type: 'integer' }));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\d of \d events compared with dump\.json.*: all compatible\.\n$/);
  });

  it('ends with 1 where a change breaks somebody, and says whom', async () => {
    const { code, stdout } = await check(dumpOf({ type: 'string' }));
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^my\.counter\.counted: not compatible\n {2}'n': type was "string", and is "integer" \(breaks old events and old readers\)\n.*: 1 not compatible\.\n$/,
    );
  });

  it.each([
    ['{no json', /can't be read \(--check\)/],
    ['[]', /holds no schemas \(--check\)/],
    ['{"my.counter": {"events": []}}', /holds no schemas \(--check\)/],
  ])('says what is wrong with %s, and ends with 2', async (dump, message) => {
    const { code, stderr } = await check(dump);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('names events of its APIs that only the dump has, and not those of others', async () => {
    const dump = dumpOf({ type: 'integer' });
    const events = { ...dump['my.counter'].events, 'gone\n': {} };
    const { code, stdout } = await check({
      'my.counter': { events },
      'another.api': { events: { e: {} } },
    });
    expect(code).toBe(0);
    expect(stdout.split('\n', 1)[0]).toMatch(
      /^my\.counter\.gone.+: not registered here: another service's, or removed$/,
    );
    expect(stdout).not.toContain('another.api');
  });

  it('says so where there is nothing to compare', async () => {
    const { code, stdout } = await check({});
    expect(code).toBe(0);
    expect(stdout).toMatch(/^0 of \d events.*\(\d not in it\): there was nothing to compare\.\n$/);
  });

  it('takes a folder with a file for each API', async () => {
    const cwd = directoryWith({ 'my.counter.json': JSON.stringify(dumpOf({ type: 'string' })) });
    const args = ['dumpschema', '--bus', WORKER, '--check', '.'];
    expect((await lightbus(args, { env, cwd })).code).toBe(1);
  });

  it.each([
    ['--out', 'x.json'],
    ['--history', '--log-level=info'],
    ['--api', 'my.counter'],
  ])('is not asked together with %s', async (...more) => {
    expect((await check({}, ...more)).code).toBe(2);
  });
});

describe('lightbus dumpschema --history', () => {
  it('prints what was published before, whoever runs now', async () => {
    const server = await startRedis();
    const redis = server.client();
    const description = { parameters: { type: 'object', big: 1 } };
    const record = {
      service: 's\u0007',
      process: 'p',
      token: 't',
      start: 1,
      version: 2,
      description,
    };
    for (const api of ['my.counter', 'other']) {
      const key = `lightbus:schema_history:{schema:${api}}`;
      await redis.sadd('schemas', api);
      await redis.xadd(key, '1000-0', 'event', 'counted', 'record', JSON.stringify(record));
      await redis.xadd(key, '*', 'strange', 'entry');
      await redis.xadd(key, '*', 'event', 'counted', 'record', '{}');
    }
    const config = ['--config', configFor(server.url)];
    const all = await lightbus(['dumpschema', '--history', ...config], { cwd: directoryWith() });
    expect({ code: all.code, stderr: all.stderr }).toEqual({ code: 0, stderr: '' });
    expect(all.stdout).not.toContain('\u0007');
    const lines = all.stdout.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { api: string }).api)).toEqual([
      'my.counter',
      'other',
    ]);
    const { stdout } = await lightbus(['dumpschema', '--history', '--api', 'other'], {
      cwd: directoryWith(),
      env: { LIGHTBUS_REDIS_URL: server.url },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ api: 'other', event: 'counted', version: 2, process: 'p', schema: description },
      published_at: '1970-01-01T00:00:01.000Z',
    });
    const misplaced = await lightbus(['dumpschema', '--api', 'other', ...config]);
    expect(misplaced.code).toBe(2);
  });
});

describe('lightbus dumpconfigschema', () => {
  it("prints a draft-7 schema that accepts the seed's file and refuses a misspelt key", async () => {
    const { code, stdout } = await lightbus(['dumpconfigschema']);
    expect(code).toBe(0);
    const ajv = new Ajv({ strict: false });
    addFormats.default(ajv);
    const validate = ajv.compile(JSON.parse(stdout) as object);
    const seed = parse(readFileSync(SEED, 'utf8')) as { apis: { default: object } };
    expect(validate(seed) || validate.errors).toBe(true);
    expect(validate({ apis: { default: { ...seed.apis.default, batch_sise: 1 } } })).toBe(false);
  });

  it('writes it to a file', async () => {
    const out = join(directoryWith(), 'config-schema.json');
    const { code, stdout } = await lightbus(['dumpconfigschema', '-o', out]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({
      title: 'Lightbus configuration',
    });
  });
});
