import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { startRedis } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { CliProcess, configFor, directoryWith, lightbus } from './cli-process.js';

interface Printed {
  readonly id: string;
  readonly native_id: string;
  readonly version: number;
  readonly payload: Record<string, unknown>;
}

const FIRST_MS = Date.parse('2024-05-01T00:00:00Z');

const MEASURE = new URL('../fixtures/cli/measure-memory.mjs', import.meta.url).href;

function megabytesOf(stderr: string): number {
  return Number(/peak memory (\d+)/.exec(stderr)?.[1]) / 1000;
}

describe('lightbus inspect', () => {
  let redis: Redis;
  let url: string;
  let config: string;

  /** Stores an event at this second after the first. */
  async function store(
    stream: string,
    second: number,
    event: { id: string; name?: string; version?: number; parameters?: Record<string, string> },
  ): Promise<void> {
    const { id, name = 'placed', version = 1, parameters = {} } = event;
    const api = stream.replace(/\.[^.]*:stream$/, '');
    const metadata = ['id', id, 'api_name', api, 'event_name', name, 'version', String(version)];
    const payload = Object.entries(parameters).flatMap(([key, json]) => [`:${key}`, json]);
    await redis.xadd(stream, `${FIRST_MS + second * 1000}-0`, ...metadata, ...payload);
  }

  async function inspect(...args: string[]) {
    const result = await lightbus(['inspect', '--config', config, ...args]);
    const events = result.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line.replaceAll('NaN', '"NaN"')) as Printed);
    return { ...result, events, ids: events.map(({ id }) => id) };
  }

  beforeAll(async () => {
    const server = await startRedis();
    redis = server.client();
    url = server.url;
    config = configFor(url);
    const orders = 'store.orders.*:stream';
    await store(orders, 0, { id: 'o1', parameters: { customer: '"ada"', sum: '5' } });
    await store('store.stock.reserved:stream', 1, { id: 's1', name: 'reserved' });
    await store(orders, 2, { id: 'o2', name: 'paid', version: 2 });
    await redis.xadd(orders, `${FIRST_MS + 3000}-0`, '', '');
    await redis.xadd(orders, `${FIRST_MS + 4000}-0`, 'not', 'an event');
    const odd = { big: '12345678901234567890', nan: 'NaN', address: '{"city": "London"}' };
    await store(orders, 5, { id: 'o3', version: 3, parameters: odd });
    await store('internal.state.*:stream', 6, { id: 'i1', name: 'worker_ping' });
    await store('my_company.auth.*:stream', 7, { id: 'a1', name: 'user_registered' });
    // Neither of these is a stream of events.
    await redis.xadd('lightbus:dead_letters:{store.orders.*:stream}:x:stream', '*', 'a', 'b');
    await redis.set('some.text:stream', 'x');
  });

  it('prints the events of all streams in the order of their entry ids, and names what is none', async () => {
    const { code, ids, stderr } = await inspect();
    expect(ids).toEqual(['o1', 's1', 'o2', 'o3', 'a1']);
    expect(code).toBe(0);
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/Entry 1714521603000-0 on .* is no event: it is the no-op/),
      expect.stringMatching(/Entry 1714521604000-0 on .* is no event: none of its fields/),
      'warning: 2 entries are no events, and so not among those printed.',
    ]);
  });

  it('prints versions as they are stored', async () => {
    const { events } = await inspect('--api', 'store.orders');
    expect(events.map(({ version }) => version)).toEqual([1, 2, 3]);
  });

  it('prints numbers faithfully', async () => {
    const { stdout } = await inspect('--id', 'o3');
    expect(stdout).toContain('"payload":{"big":12345678901234567890,"nan":NaN,');
  });

  it.each<[string[], string[]]>([
    [['--id', 'o2'], ['o2']],
    [['--native-id', '1714521601000-0'], ['s1']],
    [['--api=store.*'], ['o1', 's1', 'o2', 'o3']],
    [['--internal', '-e', 'worker_*'], ['i1']],
    [
      ['--version', '>=2'],
      ['o2', 'o3'],
    ],
    [['--json-path', 'address.city=London', '-j', 'nan=NaN'], ['o3']],
    [['-j', 'customer=ada', '-j', 'sum=6'], []],
    [
      ['--since', '2024-05-01T00:00:02Z', '--until', '1714521605000-0'],
      ['o2', 'o3'],
    ],
    [['--api', 'store.*', '--event', 'p*', '--version', '<3', '--limit', '1'], ['o1']],
  ])('%j prints %j', async (args, expected) => {
    const { ids, code } = await inspect(...args);
    expect(ids).toEqual(expected);
    expect(code).toBe(0);
  });

  it('needs no configuration but the environment', async () => {
    const { stdout } = await lightbus(['inspect', '--id', 'o1'], {
      env: { LIGHTBUS_CONFIG: config },
    });
    expect(stdout).toContain('"id":"o1"');
  });

  it('prints for people without colours where there is no terminal', async () => {
    const { stdout } = await lightbus(['inspect', '--config', config, '-i', 'o1', '-F', 'human']);
    expect(stdout).toMatch(/^=+ store\.orders\.placed =+\nMetadata:\n/);
    expect(stdout).not.toContain('\u001b');
  });

  it('reads the Redis that is configured for an API, and no other for it', async () => {
    const other = await startRedis();
    await other.client().xadd('store.orders.*:stream', '9-0', 'event_name', 'elsewhere');
    await other.client().xadd('other.api.*:stream', '9-0', 'event_name', 'elsewhere');
    const split = {
      apis: {
        default: { event_transport: { redis: { url } } },
        'other.api': { event_transport: { redis: { url: other.url } } },
      },
    };
    const directory = directoryWith({ 'split.json': JSON.stringify(split) });
    const { stdout } = await lightbus(['inspect', '--config', `${directory}/split.json`]);
    const apis = stdout.match(/(?<="api_name":")[^"]*/g) ?? [];
    expect(apis[0]).toBe('other.api');
    expect(apis.filter((name) => name === 'other.api')).toHaveLength(1);
    expect(apis.filter((name) => name === 'store.orders')).toHaveLength(3);
  });

  it('follows what is fired, on new streams too, until SIGINT, and ends with 0', async () => {
    const api = 'follow.me';
    const follower = new CliProcess([
      'inspect',
      '--config',
      config,
      '--follow',
      '--api',
      `${api}*`,
    ]);
    await redis.xadd(`${api}.*:stream`, '*', 'id', 'f1', 'event_name', 'e');
    await follower.whenPrinted('"id":"f1"');
    await redis.xadd(`${api}.*:stream`, '*', 'id', 'f2', 'event_name', 'e');
    await follower.whenPrinted('"id":"f2"');
    await redis.xadd(`${api}.too.*:stream`, '*', 'id', 'f3', 'event_name', 'e');
    await follower.whenPrinted('"id":"f3"');
    const { code, stdout, stderr } = await follower.end('SIGINT');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
  }, 40_000);

  it('goes on following where it was after Redis was killed and started again', async () => {
    const server = await startRedis({ appendonly: true });
    const client = server.client();
    const add = (id: string) => client.xadd('follow.*:stream', '*', 'id', id, 'event_name', 'e');
    await add('f1');
    const args = ['inspect', '--config', configFor(server.url), '--follow', '--log-level'];
    const follower = new CliProcess([...args, 'debug']);
    await follower.whenPrinted('"id":"f1"');
    await server.kill();
    // A search for new streams fails.
    await waitFor(() => follower.stderr.includes('debug: Redis at'), { timeoutMs: 20_000 });
    await server.restart();
    await add('f2');
    await follower.whenPrinted('"id":"f2"');
    await add('f3');
    await follower.whenPrinted('"id":"f3"');
    const { code, stdout, stderr } = await follower.end('SIGINT');
    expect(code).toBe(0);
    expect(stdout.match(/(?<="id":")f\d/g)).toEqual(['f1', 'f2', 'f3']);
    expect(stderr.match(/^warning: .*/gm)).toHaveLength(2);
  }, 60_000);

  it('follows without what was there, with --since now', async () => {
    const args = ['inspect', '--config', config, '-f', '--since', 'now', '--api', 'my_company.*'];
    const follower = new CliProcess([...args, '--limit', '1']);
    await waitFor(
      async () => {
        await redis.xadd('my_company.auth.*:stream', '*', 'id', 'later', 'event_name', 'e');
        return follower.stdout !== '';
      },
      { timeoutMs: 20_000, message: 'a new event to be printed' },
    );
    const { code, stdout } = await follower.result;
    expect(code).toBe(0);
    expect(stdout).toContain('"id":"later"');
    expect(stdout).not.toContain('"id":"a1"');
  }, 40_000);

  describe('of a long stream', () => {
    const ENTRIES = 200_000;
    const stream = 'long.history.*:stream';

    beforeAll(async () => {
      const fill = `
        for i = 1, tonumber(ARGV[1]) do
          redis.call('XADD', KEYS[1], '*', 'id', 'l' .. ARGV[2] .. '-' .. i, 'event_name', 'e',
            ':n', i, ':lines', '[{"sku": "teapot", "quantity": 2}, {"sku": "cup", "quantity": 6}]')
        end`;
      for (let batch = 0; batch < 20; batch++) {
        await redis.eval(fill, 1, stream, ENTRIES / 20, batch);
      }
    }, 60_000);

    it('prints its first match at once, and ends quietly when nobody reads on', async () => {
      const reader = new CliProcess(['inspect', '--config', config, '--api', 'long.history']);
      reader.child.stdout?.once('data', () => reader.child.stdout?.destroy());
      const { code, stderr, stdout } = await reader.result;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^\{"id":"l0-1"/);
      expect(stdout.split('\n').length).toBeLessThan(ENTRIES / 10);
    }, 40_000);

    it('takes less than 150 MB of memory', async () => {
      const { code, stderr, stdout } = await lightbus(
        ['inspect', '--config', config, '--api', 'long.history', '-j', `n=${ENTRIES / 20}`],
        { node: ['--import', MEASURE] },
      );
      expect(code).toBe(0);
      expect(stdout.trimEnd().split('\n')).toHaveLength(20);
      expect(megabytesOf(stderr)).toBeGreaterThan(1);
      expect(megabytesOf(stderr)).toBeLessThan(150);
    }, 60_000);

    it('takes less than 230 MB where 200 events have 500 kB each', async () => {
      const fill = `
        local text = '"' .. string.rep('x', 500000) .. '"'
        for i = 1, 200 do
          redis.call('XADD', KEYS[1], '*', 'id', i, 'event_name', 'e', ':n', i, ':text', text)
        end`;
      await redis.eval(fill, 1, 'large.events.*:stream');
      const { code, stderr, stdout } = await lightbus(
        ['inspect', '--config', config, '--api', 'large.events', '-j', 'n=200'],
        { node: ['--import', MEASURE] },
      );
      await redis.unlink('large.events.*:stream');
      expect(code).toBe(0);
      expect(stdout.trimEnd().split('\n')).toHaveLength(1);
      // How soon large texts are collected is up to the engine.
      expect(megabytesOf(stderr)).toBeLessThan(230);
    }, 60_000);
  });
});
