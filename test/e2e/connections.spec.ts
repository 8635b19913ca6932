import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { PublishError } from 'nestjs-lightbus';
import type { StreamStatus } from '../../lib/operations/stream-status.js';
import { freePort, startRedis, type RedisServer } from '../support/redis-server.js';
import { startSentinel, type Sentinel } from '../support/sentinel.js';
import { waitFor } from '../support/wait-for.js';
import { directoryWith, lightbus } from './cli-process.js';
import { closeApplications, startCounting } from './counting.js';

/** Self-signed for localhost and 127.0.0.1, valid until 2120. */
const tlsFile = (name: string) =>
  fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));

let redis: RedisServer;
let raw: Redis;
let socket: string;
let sentinel: Sentinel;
/** User and password of the applications, where the run is under an ACL. */
let as: { username?: string; password?: string };

beforeAll(async () => {
  const dir = directoryWith();
  socket = join(dir, 'redis.sock');
  redis = await startRedis({ dir, conf: { unixsocket: socket } });
  raw = redis.client();
  sentinel = await startSentinel(redis, 'mymaster');
  const { username, password } = new URL(redis.url);
  as = username ? { username, password } : {};
});

afterEach(closeApplications);

/** Fires, has it handled, and looks for the event in a database; says where the log saw it. */
async function expectDelivery(
  settings: Readonly<Record<string, unknown>>,
  database: number,
  server = redis,
): Promise<string> {
  const { application, stream, fire, recorder } = await startCounting({
    url: server.url,
    redis: { url: undefined, ...settings },
  });
  await fire(1);
  await waitFor(() => recorder().seen.length === 1);
  const client = server.client();
  await client.select(database);
  expect(await client.xlen(stream)).toBe(1);
  const [, place = ''] = /Durability of (\S+):/.exec(application.logs.join('\n')) ?? [];
  return place;
}

describe('a Redis can be reached', () => {
  it('by connection_parameters alone', async () => {
    const { host, port } = redis;
    const place = await expectDelivery({ connection_parameters: { ...as, host, port, db: 3 } }, 3);
    expect(place).toBe(`redis://${host}:${port}/3`);
  });

  it('by a URL, and a database in connection_parameters', async () => {
    const url = redis.url.replace('/0', '');
    await expectDelivery({ url, connection_parameters: { db: 3 } }, 3);
  });

  it('as an ACL user whose password is in connection_parameters', async () => {
    await raw.call('ACL', 'SETUSER', 'app', 'on', '>p@ss/word', '~*', '+@all');
    const url = `redis://app@${redis.host}:${redis.port}/2`;
    await expectDelivery({ url, connection_parameters: { password: 'p@ss/word' } }, 2);
    expect(await raw.client('LIST')).toMatch(/name=nestjs-lightbus-\w+ .*user=app/);
  });

  it('by a unix socket', async () => {
    const place = await expectDelivery(
      { url: `unix://${socket}?db=4`, connection_parameters: as },
      4,
    );
    expect(place).toBe(`unix://${socket}?db=4`);
    expect(await raw.client('LIST')).toMatch(/addr=\S+redis.sock:0 .*name=nestjs-lightbus-/);
  });

  it('by TLS, whose certificate is checked', async () => {
    const port = await freePort();
    const server = await startRedis({
      conf: {
        'tls-port': String(port),
        'tls-cert-file': tlsFile('cert.pem'),
        'tls-key-file': tlsFile('key.pem'),
        'tls-auth-clients': 'no',
      },
    });
    const url = `rediss://127.0.0.1:${port}/5`;
    const tls = { ca: readFileSync(tlsFile('cert.pem'), 'utf8') };
    const place = await expectDelivery({ url, connection_parameters: { ...as, tls } }, 5, server);
    expect(place).toBe(url);

    const untrusting = await startCounting({ url, api: { event_fire_timeout: 1 } });
    const failure: unknown = await untrusting.fire(1).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PublishError);
    expect(String(failure)).toContain('self-signed certificate');
  }, 30_000);

  describe('by a sentinel', () => {
    const connection_parameters = () => ({
      ...as,
      sentinels: [sentinel],
      name: 'mymaster',
      db: 6,
    });
    const place = () => `redis+sentinel://${sentinel.host}:${sentinel.port}/mymaster/6`;

    it('that names the primary', async () => {
      expect(await expectDelivery({ connection_parameters: connection_parameters() }, 6)).toBe(
        place(),
      );
    });

    it('which the command line asks, too', async () => {
      const client = redis.client();
      await client.select(6);
      await client.xadd('by.sentinel.*:stream', '*', 'id', 'x', 'event_name', 'placed');
      const transport = { redis: { connection_parameters: connection_parameters() } };
      const config = { apis: { default: { event_transport: transport } } };
      const directory = directoryWith({ 'lightbus.json': JSON.stringify(config) });
      const args = ['status', '--config', join(directory, 'lightbus.json'), '--api', 'by.sentinel'];

      const json = await lightbus([...args, '--json']);
      const { streams } = JSON.parse(json.stdout) as { streams: StreamStatus[] };
      expect(streams.map(({ stream }) => stream)).toEqual(['by.sentinel.*:stream']);
      expect((await lightbus(args)).stdout).toContain(place());
    }, 20_000);
  });
});
