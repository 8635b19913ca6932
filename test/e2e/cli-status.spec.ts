import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { StreamStatus } from '../../lib/operations/stream-status.js';
import { startRedis } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { CliProcess, configFor, directoryWith, lightbus } from './cli-process.js';

const STREAM = 'store.orders.*:stream';

describe('lightbus status', () => {
  let redis: Redis;
  let config: string;
  let serverUrl: string;

  beforeAll(async () => {
    const server = await startRedis();
    redis = server.client();
    serverUrl = server.url;
    config = configFor(server.url);
    for (let n = 1; n <= 5; n++) {
      await redis.xadd(STREAM, `${n}-0`, 'id', `e${n}`, 'event_name', 'placed', ':n', String(n));
    }
    await redis.xgroup('CREATE', STREAM, 'store-stock', '0');
    await redis.xgroup('CREATE', STREAM, 'store-mail', '3-0');
    await redis.xreadgroup('GROUP', 'store-stock', 'w1', 'COUNT', 2, 'STREAMS', STREAM, '>');
    await redis.xreadgroup('GROUP', 'store-stock', 'w2', 'COUNT', 1, 'STREAMS', STREAM, '>');
    // Delivered once more.
    await redis.xreadgroup('GROUP', 'store-stock', 'w1', 'COUNT', 1, 'STREAMS', STREAM, '0');
    await redis.xadd(`lightbus:dead_letters:{${STREAM}}:store-stock`, '*', 'dead_letter', '{}');
    await redis.xadd('store.stock.reserved:stream', '1-0', 'id', 'x');
    await redis.xtrim('store.stock.reserved:stream', 'MAXLEN', 0);
  });

  async function status(...args: string[]): Promise<StreamStatus[]> {
    const { stdout } = await lightbus(['status', '--config', config, '--json', ...args]);
    return (JSON.parse(stdout) as { streams: StreamStatus[] }).streams;
  }

  it('tells of every stream and listener what Redis knows', async () => {
    const [orders, stock, ...others] = await status();
    expect(others).toEqual([]);
    expect(orders).toMatchObject({
      stream: STREAM,
      api_name: 'store.orders',
      event_name: '*',
      length: 5,
      first: { native_id: '1-0', timestamp: '1970-01-01T00:00:00.001Z' },
      last: { native_id: '5-0', timestamp: '1970-01-01T00:00:00.005Z' },
      memory_bytes: expect.any(Number),
    });
    expect(orders?.listeners).toEqual([
      {
        group: 'store-mail',
        last_delivered_id: '3-0',
        pending: 0,
        unclaimed: 0,
        // A group that was made in the middle of a stream: Redis's own lag is unknown.
        undelivered: 2,
        undelivered_at_least: false,
        oldest_pending: null,
        failing: [],
        dead_letters: 0,
        oldest_dead_letter_at: null,
        lost_history: null,
        consumers: [],
      },
      {
        group: 'store-stock',
        last_delivered_id: '3-0',
        pending: 3,
        unclaimed: 0,
        undelivered: 2,
        undelivered_at_least: false,
        oldest_pending: {
          native_id: '1-0',
          consumer: 'w1',
          pending_ms: expect.any(Number),
          delivery_count: 2,
        },
        failing: [],
        dead_letters: 1,
        oldest_dead_letter_at: expect.any(String),
        lost_history: null,
        consumers: [
          { name: 'w1', pending: 2, idle_ms: expect.any(Number), worker: null },
          { name: 'w2', pending: 1, idle_ms: expect.any(Number), worker: null },
        ],
      },
    ]);
    expect(stock).toMatchObject({ length: 0, first: null, last: null, listeners: [] });
  });

  it('shows the same as a table', async () => {
    const { code, stdout } = await lightbus([
      'status',
      '--config',
      config,
      '--api',
      'store.orders',
    ]);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe(STREAM);
    expect(lines[1]).toMatch(/^5 entries, memory \d.*, on redis:/);
    expect(lines[2]).toMatch(/^first 1970-01-01T00:00:00\.001Z, last /);
    expect(lines[4]).toMatch(/^store-mail +0 +2 +0$/);
    expect(lines[5]).toMatch(/^store-stock +3 +2 +1$/);
    expect(lines[6]).toMatch(/^ {2}oldest pending 1-0, for .*, delivered 2 times, with w1$/);
    expect(lines[7]).toMatch(/^ {2}w1 +\d+ \S+ +2$/);
  });

  it('finds lightbus.yaml in its folder, and says so, and which address has no effect', async () => {
    const yaml = `apis: { default: { event_transport: { redis: { url: '\${URL}' } } } }`;
    const cwd = directoryWith({ 'lightbus.yaml': yaml });
    const options = { cwd, env: { URL: serverUrl } };
    const other = { ...options.env, LIGHTBUS_REDIS_URL: 'redis://:hunter2@elsewhere' };
    const [said, named, quiet, elsewhere, lacking] = await Promise.all([
      lightbus(['status', '--json'], options),
      lightbus(['status', '--json', '--config=lightbus.yaml'], options),
      lightbus(['status', '--json', '--log-level=warning'], options),
      lightbus(['status', '--json'], { cwd, env: other }),
      lightbus(['status'], { cwd }),
    ]);
    const line = `info: The configuration is ${cwd}/lightbus.yaml, because neither --config nor LIGHTBUS_CONFIG names one.\n`;
    expect(said).toMatchObject({ code: 0, stderr: line });
    expect(named).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(said.stdout)).toMatchObject({
      streams: [{ stream: STREAM }, expect.anything()],
    });
    expect(quiet).toMatchObject({ code: 0, stderr: '' });
    expect(elsewhere).toMatchObject({
      code: 0,
      stderr: `${line}warning: LIGHTBUS_REDIS_URL has no effect: ${cwd}/lightbus.yaml names every Redis itself, and is stronger.\n`,
    });
    expect(lacking).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('expected the environment variable URL'),
    });
  });

  it('changes nothing on Redis: it sends commands that read, and no other', async () => {
    await redis.config('RESETSTAT');
    await status();
    const info = await redis.info('commandstats');
    const commands = [...info.matchAll(/^cmdstat_([^:]+):/gm)].map(([, name = '']) => name);
    const reading = await Promise.all(
      commands.map(async (name) => {
        const [known] = (await redis.command('INFO', name.replace('|', '|'))) as [
          [string, number, string[]] | null,
        ];
        return known?.[2].includes('write') ? [name] : [];
      }),
    );
    expect(commands).toContain('xinfo|groups');
    expect(reading.flat()).toEqual([]);
  });

  it('counts what is undelivered also where Redis has lost count', async () => {
    const server = await startRedis({ appendonly: true });
    let client = server.client();
    for (let n = 1; n <= 20; n++) await client.xadd(STREAM, `${n}-0`, 'id', `e${n}`);
    await client.xgroup('CREATE', STREAM, 'store-read', '0');
    await client.xgroup('CREATE', STREAM, 'store-half', '0');
    // As Python makes groups, and reads: Redis 7.0 keeps the count of such reads in memory only.
    await client.xgroup('CREATE', STREAM, 'store-now', '$');
    for (const [group, count] of [
      ['store-read', 20],
      ['store-half', 10],
    ] as const) {
      await client.xreadgroup('GROUP', group, 'w1', 'COUNT', count, 'STREAMS', STREAM, '>');
    }
    // A group that Node, which keeps count, shares with Python.
    await client.xgroup('CREATE', STREAM, 'store-both', '0');
    await client.xreadgroup('GROUP', 'store-both', 'node', 'COUNT', 1, 'STREAMS', STREAM, '>');
    await client.xgroup('SETID', STREAM, 'store-both', '1-0', 'ENTRIESREAD', 1);
    await client.xreadgroup('GROUP', 'store-both', 'python', 'COUNT', 19, 'STREAMS', STREAM, '>');
    await server.restart();
    client = server.client();
    await client.xadd(STREAM, '21-0', 'id', 'e21');
    const read = async () => {
      const args = ['status', '--config', configFor(server.url), '--json'];
      const { streams } = JSON.parse((await lightbus(args)).stdout) as { streams: StreamStatus[] };
      return streams[0]?.listeners.map(({ group, undelivered }) => [group, undelivered]);
    };
    expect(await read()).toEqual([
      ['store-both', 1],
      ['store-half', 11],
      ['store-now', 1],
      ['store-read', 1],
    ]);
    await client.xtrim(STREAM, 'MAXLEN', 5);
    await client.xdel(STREAM, '21-0');
    expect(await read()).toEqual([
      ['store-both', 0],
      ['store-half', 4],
      ['store-now', 0],
      ['store-read', 0],
    ]);
  }, 30_000);

  it('writes no control character of a name to a terminal', async () => {
    const server = await startRedis();
    const client = server.client();
    const stream = 'a\u001b[2J\u009b.*:stream';
    await client.xgroup('CREATE', stream, 'g\n\u202eroup', '0', 'MKSTREAM');
    const args = ['status', '--config', configFor(server.url)];
    for (const more of [[], ['--json']]) {
      const { stdout } = await lightbus([...args, ...more]);
      expect(stdout).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
      expect(stdout).toContain('a\\u001b[2J\\u009b');
      expect(stdout).toContain('g\\');
    }
  }, 30_000);

  it('looks again with --watch until SIGINT, and ends with 0', async () => {
    const args = ['status', '--config', config, '--json', '--watch', '0.1', '--api', 'watched'];
    const watcher = new CliProcess(args);
    await watcher.whenPrinted('{"streams":[]}\n');
    await redis.xadd('watched.*:stream', '1-0', 'id', 'x');
    await watcher.whenPrinted('"stream":"watched.*:stream"');
    const { code, stdout } = await watcher.end('SIGINT');
    expect(code).toBe(0);
    expect(() =>
      stdout
        .trimEnd()
        .split('\n')
        .forEach((line) => JSON.parse(line) as unknown),
    ).not.toThrow();
  }, 30_000);

  it('goes on watching while Redis is away', async () => {
    const server = await startRedis();
    const watcher = new CliProcess(['status', '--config', configFor(server.url), '-w', '0.1']);
    await watcher.whenPrinted('There are no streams of events.');
    await server.kill();
    await waitFor(() => watcher.stderr.includes('No connection to Redis'), { timeoutMs: 20_000 });
    await server.restart();
    const before = watcher.stdout.length;
    await waitFor(() => watcher.stdout.length > before, { timeoutMs: 20_000 });
    expect((await watcher.end('SIGTERM')).code).toBe(0);
  }, 60_000);

  it('says in one line that Redis cannot be reached, and never a password', async () => {
    const { code, stdout, stderr } = await lightbus([
      'status',
      '--config',
      configFor('redis://user:secret@127.0.0.1:1/0'),
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: Redis at redis:\/\/127\.0\.0\.1:1\/0 can't be used: .*\n$/);
    expect(stderr).not.toContain('secret');
  }, 30_000);

  it('says so where events are kept in memory', async () => {
    const memory = { apis: { default: { event_transport: { memory: {} } } } };
    const directory = directoryWith({ 'memory.json': JSON.stringify(memory) });
    const { code, stderr } = await lightbus(['status', '--config', `${directory}/memory.json`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*memory\.json\) keeps events in the memory of each process/);
  });
});
