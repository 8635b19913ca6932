import { randomBytes } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  CommandOutcomeUnknownError,
  CommandRefusedError,
  NotConnectedError,
} from '../../../lib/redis/connection-errors.js';
import {
  RedisConnection,
  type RedisConnectionOptions,
} from '../../../lib/redis/redis-connection.js';
import { commandOf } from '../../../lib/redis/command.js';
import { transaction } from '../../../lib/redis/transaction.js';
import { TransportError } from '../../../lib/errors.js';
import type { Command } from 'ioredis';
import { urlForTest } from '../../support/acl.js';
import { owned } from '../../support/owned.js';
import { freePort, startRedis, uniqueName, type RedisServer } from '../../support/redis-server.js';
import { recordWrites } from '../../support/record-writes.js';
import { startProxy } from '../../support/tcp-proxy.js';
import { waitFor } from '../../support/wait-for.js';

describe('RedisConnection', () => {
  let redis: RedisServer;
  let reports: string[];
  let connections: RedisConnection[];

  beforeAll(async () => {
    redis = await startRedis();
  });
  beforeEach(() => {
    [reports, connections] = [[], []];
  });
  afterEach(async () => {
    await Promise.all(connections.map((connection) => connection.close()));
  });

  function open(
    url = redis.url,
    options: Partial<RedisConnectionOptions> = {},
    silenceMs = 10_000,
  ) {
    const connection = new RedisConnection(
      // The commands here are the test's, not the module's.
      { url: urlForTest(url), maxReconnectDelayMs: 50, ...options },
      'test',
      {
        lost: (role, reason) => void reports.push(`${role} lost: ${reason}`),
        idled: (role) => void reports.push(`${role} idled`),
        ready: (role) => void reports.push(`${role} ready`),
        refused: (what, reason) => void reports.push(`refused ${what}: ${reason}`),
      },
      [],
      silenceMs,
    );
    connections.push(connection);
    return connection;
  }

  function serverAt(url: string): Promise<RedisServer> {
    return startRedis({ port: Number(new URL(url).port) });
  }

  const ping = (connection: RedisConnection, waitMs = 1_000) =>
    connection.run(waitMs, (client) => client.ping());

  async function urlOfNothing(credentials = ''): Promise<string> {
    return `redis://${credentials}127.0.0.1:${await freePort()}/0`;
  }

  describe('ready', () => {
    it('connects on first use and resolves once commands can be sent', async () => {
      const connection = open();
      expect(connection.client.status).toBe('wait');
      await connection.ready(5_000);
      expect(await ping(connection, 0)).toBe('PONG');
      expect(reports).toEqual(['test ready']);
    });

    it('rejects after its time, and says what was wrong without the password', async () => {
      const connection = open(await urlOfNothing('tester:S3cret%40pass@'));
      const before = Date.now();
      const error = await connection.ready(150).catch((thrown: unknown) => thrown as Error);
      expect(Date.now() - before).toBeGreaterThanOrEqual(145);
      expect(error).toBeInstanceOf(NotConnectedError);
      expect((error as Error).message).toMatch(/no connection within 150 ms .*ECONNREFUSED/);
      expect(reports.length).toBeGreaterThan(1);
      expect(`${String(error)} ${reports.join()}`).not.toMatch(/S3cret|tester/);
    });

    it('goes on trying after it has rejected', async () => {
      const url = await urlOfNothing();
      const connection = open(url);
      await expect(connection.ready(30)).rejects.toBeInstanceOf(NotConnectedError);
      await serverAt(url);
      await connection.ready(10_000);
      expect(reports.at(-1)).toBe('test ready');
      expect(await ping(connection, 0)).toBe('PONG');
    });

    it('may be waited for by any number at once, without a warning of a leak', async () => {
      const warnings: Error[] = [];
      const onWarning = (warning: Error) => void warnings.push(warning);
      process.on('warning', onWarning);
      const connection = open();
      await Promise.all(Array.from({ length: 50 }, () => connection.ready(5_000)));
      await new Promise((resolve) => setImmediate(resolve));
      process.off('warning', onWarning);
      expect(warnings).toEqual([]);
    });

    it('reports a connection attempt that nobody answers', async () => {
      const proxy = await startProxy(redis.port);
      proxy.pause();
      const connection = open(proxy.url);
      await expect(connection.ready(50)).rejects.toThrow('no connection within 50 ms');
      expect(reports).toEqual(['test lost: no answer']);
      proxy.resume();
      await connection.ready(5_000);
      expect(reports.at(-1)).toBe('test ready');
    });

    it('keeps who tries again no longer where there is hurry; who says how long waits as long', async () => {
      const connection = open(`redis://127.0.0.1:${await freePort()}/0`);
      let waiting = 3;
      const wait = (patience: number | 'a while') =>
        connection.ready(patience).catch((error: unknown) => {
          waiting--;
          return error as Error;
        });
      const told = wait(60_000);
      const before = wait('a while');
      connection.hurry();
      const after = wait('a while');
      for (const error of await Promise.all([before, after])) {
        expect(error).toBeInstanceOf(NotConnectedError);
        expect(String(error)).toContain('no connection within 1000 ms');
      }
      expect(waiting).toBe(1);
      await connection.close();
      expect(String(await told)).toMatch(
        /the connection was closed, as the application shuts down\.$/,
      );
    });

    it('rejects everybody who waits when it is closed', async () => {
      const connection = open(await urlOfNothing());
      const waiting = [connection.ready(10_000), ping(connection, 10_000)].map((promise) =>
        expect(promise).rejects.toThrow('the connection was closed'),
      );
      await waitFor(() => connection.client.status === 'reconnecting');
      await connection.close();
      await Promise.all(waiting);
    });
  });

  describe('run', () => {
    it("passes on Redis's refusal with its code", async () => {
      const connection = open();
      const key = uniqueName('text');
      await connection.run(5_000, (client) => client.set(key, 'x'));
      const refused = connection.run(0, (client) => client.xlen(key));
      await expect(refused).rejects.toBeInstanceOf(CommandRefusedError);
      await expect(refused).rejects.toThrow(/^WRONGTYPE /);
    });

    it('waits for a connection no longer than it is told to', async () => {
      const connection = open(await urlOfNothing());
      await expect(ping(connection, 30)).rejects.toBeInstanceOf(NotConnectedError);
      expect(connection.client.status).not.toBe('wait');
    });

    it('says that nothing was sent of what is too large to be written', async () => {
      const connection = open();
      await connection.ready(5_000);
      const values = Array.from({ length: 500_000 }, () => 'x');
      const error = await connection
        .run(0, async (client) => client.echo(...(values as [string])))
        .catch((thrown: unknown) => thrown as Error);
      expect(error).toBeInstanceOf(TransportError);
      expect(error).not.toBeInstanceOf(CommandOutcomeUnknownError);
      expect((error as Error).message).toMatch(/^Not sent: /);
      expect(await ping(connection, 0)).toBe('PONG');
    });

    it('carries out a transaction whole or not at all, and leaves none open', async () => {
      const connection = open();
      await connection.ready(5_000);
      const [key, text] = [uniqueName('key'), uniqueName('text')];
      const set = (...args: string[]) => commandOf('set', [key, ...args]);
      const run = (...commands: Command[]) =>
        connection.run(0, (client) => transaction(client, commands));
      const count = commandOf('xlen', [text]);
      expect(await run(set('1'), commandOf('set', [text, 'x']), count)).toEqual([
        ...['OK', 'OK'],
        expect.objectContaining({ message: expect.stringMatching(/^WRONGTYPE/) as unknown }),
      ]);

      const refused = run(set('2'), commandOf('set', [key]));
      await expect(refused).rejects.toBeInstanceOf(CommandRefusedError);
      await expect(refused).rejects.toThrow(/^ERR wrong number of arguments/);

      const tooLarge = set('4');
      tooLarge.toWritable = () => {
        throw new RangeError('Invalid string length');
      };
      const unsent = run(set('3'), tooLarge);
      // Not a part of it.
      const next = connection.run(0, (client) => client.get(key));
      await expect(unsent).rejects.toThrow('Not sent: Invalid string length');
      expect(await next).toBe('1');
    });

    it('says that nothing is known where only MULTI is refused: the rest is carried out; and leaves none open', async () => {
      const raw = redis.client();
      const key = uniqueName('key');
      const list = () => commandOf('rpush', [key, 'x']);
      const failureWithout = async (...forbidden: string[]) => {
        const rules = ['reset', 'on', '>pw', '~*', '&*', '+@all', ...forbidden];
        await raw.call('ACL', 'SETUSER', key, ...rules);
        const connection = open(urlForTest(redis.url).replace('//', `//${key}:pw@`));
        await connection.ready(5_000);
        const running = connection.run(0, (client) => transaction(client, [list(), list()]));
        const error: unknown = await running.catch((thrown: unknown) => thrown);
        expect(await connection.run(0, (client) => client.llen(key))).toBe(2);
        return error;
      };
      const unknown = await failureWithout('-multi');
      expect(unknown).toBeInstanceOf(CommandOutcomeUnknownError);
      expect(String(unknown)).toMatch(/may have carried out each .*: NOPERM .*'multi'/);
      for (const forbidden of [['-exec'], ['-multi', '-rpush']]) {
        const refused = await failureWithout(...forbidden);
        expect(refused).toBeInstanceOf(CommandRefusedError);
        expect(String(refused)).toMatch(/: NOPERM .*'(exec|multi)'/);
      }
    });

    it('says of a refused transaction alone that it was refused, where the connection then fails', async () => {
      // Ends a connection right behind the refusal, before the answers to what was sent after it.
      const server = createServer((socket) => {
        const target = connect(redis.port, '127.0.0.1');
        socket.on('error', () => target.destroy()).pipe(target.on('error', () => socket.destroy()));
        target.on('data', (data) => {
          const end = /-ERR wrong number[^\r]*\r\n/.exec(data.toString('latin1'));
          if (end) socket.end(data.subarray(0, end.index + end[0].length));
          else socket.write(data);
        });
      }).listen(0, '127.0.0.1');
      owned().onEnd(() => void server.close());
      await once(server, 'listening');
      const connection = open(`redis://127.0.0.1:${(server.address() as AddressInfo).port}/0`);
      await connection.ready(5_000);
      const key = uniqueName('key');
      const push = (...args: string[]) => commandOf('rpush', [key, ...args]);
      const run = (...commands: Command[]) =>
        connection
          .run(0, (client) => transaction(client, commands))
          .catch((error: unknown) => error);
      const single = () =>
        connection.run(0, (client) => client.rpush(key, 'x')).catch((error: unknown) => error);
      for (const others of [[single], [single, () => run(push('x'), push('y')), single]]) {
        await connection.ready(5_000);
        const [refused, ...unknown] = await Promise.all([
          run(push('a'), push()),
          ...others.map((send) => send()),
        ]);
        expect(refused).toBeInstanceOf(CommandRefusedError);
        for (const one of unknown) expect(one).toBeInstanceOf(CommandOutcomeUnknownError);
      }
      // All of what is unknown, nothing of what was refused.
      expect(await redis.client().lrange(key, 0, -1)).toEqual(['x', 'x', 'x', 'y', 'x']);
    });

    it('says that the outcome is unknown when the connection fails, and never sends again', async () => {
      const proxy = await startProxy(redis.port);
      const connection = open(proxy.url);
      const key = uniqueName('counter');
      await ping(connection, 5_000);
      proxy.pause();
      const { stream } = connection.client;
      const before = stream.bytesWritten;
      const unknown = connection.run(0, (client) => client.incr(key));
      // Written, and swallowed by the network.
      await waitFor(() => stream.bytesWritten > before && stream.writableLength === 0);
      proxy.cut();
      await expect(unknown).rejects.toBeInstanceOf(CommandOutcomeUnknownError);
      proxy.resume();

      await connection.ready(5_000);
      expect(await connection.run(0, (client) => client.get(key))).toBeNull();
      expect(reports).toEqual(['test ready', 'test lost: the connection was closed', 'test ready']);
    });

    it('replaces a connection that has been silent for too long', async () => {
      const proxy = await startProxy(redis.port);
      const connection = open(proxy.url, {}, 200);
      await ping(connection, 5_000);
      proxy.pause();
      await expect(ping(connection)).rejects.toBeInstanceOf(CommandOutcomeUnknownError);
      proxy.resume();
      expect(await ping(connection, 5_000)).toBe('PONG');
      expect(reports[1]).toMatch(/^test lost: No answer has come for 200 ms/);
    });

    it('replaces a connection that was accepted, and whose greeting nobody answers', async () => {
      const clients: Socket[] = [];
      const server = createServer((client) => clients.push(client)).listen(0, '127.0.0.1');
      owned().onEnd(() => {
        clients.forEach((client) => client.destroy());
        server.close();
      });
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const connection = open(`redis://127.0.0.1:${port}/0`, {}, 50);
      await expect(connection.ready(400)).rejects.toThrow('No answer has come for 50 ms');
      expect(reports[0]).toMatch(/^test lost: No answer has come for 50 ms/);
      expect(clients.length).toBeGreaterThan(1);
    });

    it('keeps a connection that has nothing to do for longer than it may be silent', async () => {
      const silent = await startProxy(redis.port);
      const [idle, asked] = [open(redis.url, {}, 50), open(silent.url, {}, 200)];
      await Promise.all([idle, asked].map((connection) => ping(connection, 5_000)));
      silent.pause();
      await expect(ping(asked)).rejects.toBeInstanceOf(CommandOutcomeUnknownError);
      expect(await ping(idle, 0)).toBe('PONG');
      expect(idle.session).toBe(1);
    });

    it('replaces a connection that is silent from the moment on at which it is ready, whoever sends', async () => {
      const proxy = await startProxy(redis.port);
      const connection = open(proxy.url, {}, 200);
      connection.client.prependOnceListener('ready', () => proxy.pause('answers'));
      await connection.ready(5_000);
      expect(await connection.identity).toBeUndefined();
      proxy.resume();
      await waitFor(() => connection.session === 2);
      expect(await connection.identity).toBeDefined();
    });

    it('keeps a connection to a Redis that loads, and is asked again later', async () => {
      const server = await startRedis({
        conf: { 'enable-debug-command': 'yes', 'loading-process-events-interval-bytes': '1024' },
      });
      const raw = server.client();
      const keys = Array.from({ length: 300 }, () => [uniqueName('key'), randomBytes(1_024)]);
      await raw.mset(...keys.flat());
      // µs for each key.
      await raw.config('SET', 'key-load-delay', '10000');
      const loaded = raw.call('DEBUG', 'RELOAD');
      const other = server.client({ enableReadyCheck: false });
      await waitFor(async () => (await other.info('persistence')).includes('\nloading:1'));
      // Three seconds long it loads: longer than silence may last, which a busy machine makes longer.
      const connection = open(server.url, {}, 1_000);
      await connection.ready(15_000);
      expect(reports).toEqual(['test ready']);
      await loaded;
    });

    it('replaces a connection to a Redis that has become a replica: no loss, and not again and again', async () => {
      const connection = open(redis.url, { maxReconnectDelayMs: 60_000 });
      const before = await connection.run(5_000, (client) => client.client('ID'));
      const raw = redis.client();
      await raw.replicaof('127.0.0.1', 1);
      const write = connection.run(0, (client) => client.set(uniqueName('key'), 1));
      await expect(write).rejects.toThrow(/^READONLY/);
      await waitFor(() => connection.session === 2);
      for (let i = 0; i < 20; i++) {
        const again = connection.run(5_000, (client) => client.set(uniqueName('key'), 1));
        await expect(again).rejects.toThrow(/^READONLY/);
      }
      expect(connection.session).toBeLessThanOrEqual(3);
      await raw.replicaof('NO', 'ONE');
      expect(new Set(reports)).toEqual(new Set(['test ready']));
      expect(await connection.run(5_000, (client) => client.client('ID'))).not.toBe(before);
    });

    it('sends what is sent together in one write, an acknowledgement and the read after it', async () => {
      const connection = open();
      await ping(connection, 5_000);
      const writes = recordWrites(connection.client.stream);

      const acknowledged = connection.run(0, (client) => client.echo('acknowledge'));
      const read = connection.run(0, (client) => client.echo('read'));
      expect(await Promise.all([acknowledged, read])).toEqual(['acknowledge', 'read']);

      expect(writes).toHaveLength(1);
      expect(writes[0]).toMatch(/acknowledge[^]*read/);

      await connection.run(0, (client) => client.echo('another'));
      expect(writes).toHaveLength(2);
    });

    it('carries nothing into the next connection that could not leave in its own', async () => {
      const connection = open();
      await ping(connection, 5_000);
      const key = uniqueName('counter');
      const count = connection.run(0, (client) => client.incr(key));
      connection.client.stream.destroy();
      await expect(count).rejects.toBeInstanceOf(CommandOutcomeUnknownError);
      expect(await connection.run(5_000, (client) => client.get(key))).toBeNull();
      expect(connection.session).toBe(2);
    });
  });

  describe('close', () => {
    it('can be called again, also at the same time, and before any use', async () => {
      const used = open();
      await used.ready(5_000);
      const unused = open();
      for (const connection of [used, unused]) {
        await Promise.all([connection.close(), connection.close()]);
        await connection.close();
        await expect(ping(connection)).rejects.toThrow(/closed|down/);
      }
      expect(reports).toEqual(['test ready']);
    });

    it('resolves while it is reconnecting, which it then gives up', async () => {
      const url = await urlOfNothing();
      const connection = open(url);
      await expect(connection.ready(20)).rejects.toThrow();
      await waitFor(() => connection.client.status === 'reconnecting');
      await connection.close();
      const server = await serverAt(url);
      const clients = async () => (await server.client().client('LIST')) as string;
      // Several reconnect delays later there is nobody.
      const until = Date.now() + 300;
      await waitFor(async () => {
        expect(await clients()).not.toContain('nestjs-lightbus-test');
        return Date.now() > until;
      });
    });

    it('has what was sent in its turn carried out', async () => {
      const connection = open();
      await ping(connection, 5_000);
      const sent = connection.run(0, (client) => client.echo('sent'));
      await connection.close();
      expect(await sent).toBe('sent');
    });

    it('rejects commands in flight: their outcome is unknown', async () => {
      const proxy = await startProxy(redis.port);
      const connection = open(proxy.url);
      await ping(connection, 5_000);
      proxy.pause();
      const inFlight = expect(ping(connection)).rejects.toBeInstanceOf(CommandOutcomeUnknownError);
      await connection.close();
      await inFlight;
    });
  });

  describe('a connection that takes the place of a silent one', () => {
    // Other tests leave connections behind that never hear of their end.
    let server: RedisServer;
    beforeAll(async () => {
      server = await startRedis();
    });

    /** Has a SET under way that is delivered when `deliver` is called. */
    async function loseWrite(key: string) {
      const proxy = await startProxy(server.port);
      const connection = open(proxy.url);
      await ping(connection, 5_000);
      proxy.pause();
      const written = connection.run(1_000, (client) => client.set(key, 'late'));
      await waitFor(() => proxy.held);
      const deliver = proxy.abandon();
      proxy.resume();
      await expect(written).rejects.toBeInstanceOf(CommandOutcomeUnknownError);
      return { connection, deliver };
    }

    async function whenAlone(): Promise<void> {
      await waitFor(async () => {
        const clients = String(await server.client().client('LIST'));
        return clients.split('nestjs-lightbus-test').length === 2;
      });
    }

    it('keeps what was sent on that one from being carried out late', async () => {
      const key = uniqueName('key');
      const { connection, deliver } = await loseWrite(key);
      await connection.run(1_000, (client) => client.set(key, 'again'));
      deliver();
      await whenAlone();
      expect(await server.client().get(key)).toBe('again');
    });

    it('works without the permission to do so', async () => {
      const key = uniqueName('key');
      await server.client().call('ACL', 'SETUSER', 'default', '-client|kill', '-client|info');
      try {
        const { connection, deliver } = await loseWrite(key);
        await connection.run(1_000, (client) => client.set(key, 'again'));
        deliver();
        await whenAlone();
      } finally {
        await server.client().call('ACL', 'SETUSER', 'default', '+@all');
      }
      expect(await server.client().get(key)).toBe('late');
    });
  });

  describe('a database that cannot be selected', () => {
    it('is no connection, and is tried again after growing delays', async () => {
      const server = await startRedis();
      const raw = server.client();
      const connections = async () =>
        Number(/total_connections_received:(\d+)/.exec(await raw.info('stats'))?.[1]);
      const before = await connections();
      const connection = open(server.url.replace(/0$/, '99'), { maxReconnectDelayMs: 5_000 });
      await expect(connection.ready(1_000)).rejects.toThrow(
        "ERR DB index is out of range: database 99 can't be used",
      );
      await expect(ping(connection, 0)).rejects.toBeInstanceOf(NotConnectedError);
      expect(reports[0]).toContain('database 99');
      expect((await connections()) - before).toBeLessThan(8);
    });
  });

  it('says that what answers there is no Redis', async () => {
    const clients: Socket[] = [];
    const server = createServer((client) => {
      clients.push(client);
      client.on('error', () => undefined);
      client.on('data', () => client.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    }).listen(0, '127.0.0.1');
    owned().onEnd(() => {
      clients.forEach((client) => client.destroy());
      server.close();
    });
    await once(server, 'listening');
    const connection = open(`redis://127.0.0.1:${(server.address() as AddressInfo).port}/0`);
    await expect(connection.ready(300)).rejects.toThrow(
      /does not speak Redis's protocol: its answer begins with character 72 "H"\)/,
    );
    expect([...new Set(reports)]).toEqual([
      expect.stringMatching(/does not speak Redis's protocol: .* 72 "H"$/),
    ]);
  });

  describe('a wrong password', () => {
    it('is reported as what it is, and stays out of errors and reports', async () => {
      const server = await startRedis();
      await server.client().config('SET', 'requirepass', 'right');
      const connection = open(server.url.replace('//', '//:wr0ng-s3cret@'));
      const error = await connection.ready(300).catch((thrown: unknown) => thrown as Error);
      expect(String(error)).toContain('WRONGPASS');
      expect(reports[0]).toContain('WRONGPASS');
      expect(`${String(error)} ${reports.join()}`).not.toContain('s3cret');
    });
  });
});
