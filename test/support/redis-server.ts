import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis, RedisOptions } from 'ioredis';
import { aclServerArgs, isUnderAcl, urlForApplication } from './acl.js';
import { owned } from './owned.js';
import { Clients } from './redis-clients.js';

/** Options of {@link startRedis}. */
export interface RedisServerOptions {
  /** Default: a free one. */
  port?: number;
  /** Data directory. Default: a new temporary one, deleted after the test file. */
  dir?: string;
  /** Keep data over `kill` and `restart`: every write is in the file before it is answered. */
  appendonly?: boolean;
  /** Settings of redis.conf by name: `{ 'maxmemory-policy': 'allkeys-lru' }`. */
  conf?: Record<string, string>;
  /** Further command-line arguments, as they are. */
  args?: readonly string[];
}

/** A `redis-server` process of our own. It is ended after the test file if the test didn't. */
export interface RedisServer {
  /**
   * `redis://127.0.0.1:<port>/0`, for applications: in a run under the least-privilege ACL, with its
   * user. Clients made by `client()` and `connectTo` are the default user's all the same.
   */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Id of the current process, or of the last one. */
  readonly pid: number;
  readonly dir: string;
  /** SIGTERM, and waits for the exit. Disconnects the clients made by `client()`. Idempotent. */
  stop(): Promise<void>;
  /** SIGKILL, and waits for the exit. Clients stay and reconnect after a `restart`. Idempotent. */
  kill(): Promise<void>;
  /** Starts it again on the same port and directory; ends it with SIGTERM first if it runs. */
  restart(): Promise<void>;
  /** A raw ioredis client, disconnected by `stop` and after the test file. */
  client(options?: RedisOptions): Redis;
}

/** Starts a `redis-server` on 127.0.0.1 and waits until it answers. Fault tests always do. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const dir = options.dir ?? temporaryDirectory();
  // A port that was free a moment ago may be taken when the server gets there.
  for (let attempt = 1; ; attempt++) {
    const server = new OwnRedisServer(options, dir, options.port ?? (await freePort()));
    try {
      await server.start();
      owned().onEnd(() => server.stop());
      return server;
    } catch (error) {
      if (options.port !== undefined || attempt === 3 || !isAddressInUse(error)) throw error;
    }
  }
}

class OwnRedisServer implements RedisServer {
  readonly host = '127.0.0.1';
  readonly url: string;
  pid = 0;
  private child: ChildProcess | undefined;
  private readonly clients = new Clients();

  constructor(
    private readonly options: RedisServerOptions,
    readonly dir: string,
    readonly port: number,
  ) {
    this.url = urlForApplication(`redis://${this.host}:${port}/0`);
  }

  async start(): Promise<void> {
    const child = spawn('redis-server', this.args(), { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const ended = new Promise<never>((_, reject) => {
      child.once('error', (error) => reject(startFailure(error)));
      child.once('exit', (code, signal) => {
        if (child.pid !== undefined) owned().removeProcess(child.pid);
        if (this.child === child) this.child = undefined;
        reject(
          new Error(`redis-server ended (${signal ?? `exit code ${code}`}): ${output.trim()}`),
        );
      });
    });
    if (child.pid !== undefined) {
      this.pid = child.pid;
      this.child = child;
      owned().addProcess(child.pid);
    }
    const given = new AbortController();
    try {
      await Promise.race([ended, whenReady(this.port, given.signal)]);
    } finally {
      given.abort();
    }
  }

  async stop(): Promise<void> {
    await this.clients.disconnect();
    await this.end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.end('SIGTERM');
    await this.start();
  }

  client(options?: RedisOptions): Redis {
    return this.clients.add(this.url, options);
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    if (!child) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  private args(): string[] {
    const conf: Record<string, string> = {
      port: String(this.port),
      bind: this.host,
      dir: this.dir,
      save: '',
      loglevel: 'warning',
      ...(this.options.appendonly ? { appendonly: 'yes', appendfsync: 'always' } : {}),
      ...this.options.conf,
    };
    const settings = Object.entries(conf).flatMap(([name, value]) => [`--${name}`, value]);
    return [...settings, ...aclServerArgs(), ...(this.options.args ?? [])];
  }
}

/** A Redis for tests that need one, but don't harm it. */
export interface SharedRedis {
  readonly url: string;
  /** A raw ioredis client, disconnected after the test file. */
  client(options?: RedisOptions): Redis;
}

let shared: Promise<SharedRedis> | undefined;

/**
 * The Redis of `REDIS_URL`, else one server for this test file. Name what you make there with
 * {@link uniqueName}, and never flush it.
 */
export function sharedRedis(): Promise<SharedRedis> {
  // A given Redis has no user for us.
  shared ??=
    process.env.REDIS_URL && !isUnderAcl()
      ? Promise.resolve(givenRedis(process.env.REDIS_URL))
      : startRedis();
  return shared;
}

function givenRedis(url: string): SharedRedis {
  const clients = new Clients();
  owned().onEnd(async () => {
    try {
      await deleteNamed(clients.add(url), uniqueNames);
    } finally {
      await clients.disconnect();
    }
  });
  return { url, client: (options) => clients.add(url, options) };
}

const uniqueNames: string[] = [];

/** `<prefix>_<random>`: an API, service or listener name that no other test uses. */
export function uniqueName(prefix: string): string {
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  uniqueNames.push(name);
  return name;
}

async function deleteNamed(client: Redis, names: readonly string[]): Promise<void> {
  for await (const keys of client.scanStream({ count: 1000 }) as AsyncIterable<string[]>) {
    const ours = keys.filter((key) => names.some((name) => key.includes(name)));
    if (ours.length > 0) await client.unlink(...ours);
  }
}

function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-redis-'));
  owned().addDirectory(dir);
  return dir;
}

/** A port on 127.0.0.1 that nothing listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves once the server answers PING: it listens, and has loaded its data. */
async function whenReady(port: number, signal: AbortSignal): Promise<void> {
  let answer = '';
  for (const end = Date.now() + 15_000; Date.now() < end && !signal.aborted;) {
    answer = await ping(port);
    if (answer.startsWith('+PONG')) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`redis-server on port ${port} did not answer PING within 15 s: ${answer}`);
}

function ping(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const settle = (answer: string): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => settle('no answer'));
    socket.once('data', (data) => settle(data.toString()));
    socket.once('error', (error) => settle(error.message));
  });
}

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && /address already in use|bind/i.test(error.message);
}

function startFailure(error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ENOENT') return error;
  const problem = process.env.LIGHTBUS_TEST_REDIS_PROBLEM;
  return new Error(
    `There is no redis-server on the PATH${problem ? `, and ${problem}` : ''}. ` +
      'Install it (Debian and Ubuntu: `apt-get install redis-server`, macOS: `brew install redis`) ' +
      'and run the tests again. REDIS_URL serves only tests that do not stop their Redis.',
    { cause: error },
  );
}
