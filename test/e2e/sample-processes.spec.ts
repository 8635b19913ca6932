import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { owned } from '../support/owned.js';
import { freePort, type RedisServer, startRedis } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { orderOf } from './sample-store.js';

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis({ appendonly: true });
});

/** A process of the built sample application. */
class StoreProcess {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  static async http(): Promise<StoreProcess> {
    const port = await freePort();
    const store = StoreProcess.start('dist/main.js', [], port);
    await waitFor(async () => (await fetch(`${store.url}/orders`).catch(() => undefined))?.ok, {
      timeoutMs: 20_000,
      message: 'the process for HTTP to answer',
    });
    return store;
  }

  static worker(): StoreProcess {
    return StoreProcess.start('../lib/cli/lightbus.js', ['run'], 0);
  }

  private static start(file: string, args: string[], port: number): StoreProcess {
    const child = fork(resolve('sample-app', file), args, {
      cwd: resolve('sample-app'),
      env: { ...process.env, NODE_OPTIONS: '', REDIS_URL: redis.url, PORT: String(port) },
      stdio: 'ignore',
      execArgv: [],
    });
    owned().addProcess(child.pid ?? 0);
    child.once('exit', () => owned().removeProcess(child.pid ?? 0));
    return new StoreProcess(`http://127.0.0.1:${port}`, child);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  async post(path: string, body: object = {}): Promise<number | undefined> {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    // `undefined` where the process died with the request.
    return (await fetch(this.url + path, init).catch(() => undefined))?.status;
  }
}

/** The events of an order as they are stored, read with raw commands. */
async function eventsOf(orderId: string): Promise<string[]> {
  const entries = await entriesAbout('store.orders.*:stream', orderId);
  return entries.map(([, fields]) => fields[fields.indexOf('event_name') + 1] ?? '');
}

/** How many mails about an order were sent. */
async function mailsAbout(orderId: string): Promise<number> {
  return (await entriesAbout('store.mail.*:stream', orderId)).length;
}

async function entriesAbout(stream: string, orderId: string): Promise<[string, string[]][]> {
  const entries = await redis.client().xrange(stream, '-', '+');
  return entries.filter(([, fields]) => fields.includes(JSON.stringify(orderId)));
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

describe('two processes for HTTP and a worker', () => {
  it('decide on one order as one, and lose nothing when two of them are killed', async () => {
    const [first, second] = await Promise.all([StoreProcess.http(), StoreProcess.http()]);
    const worker = StoreProcess.worker();
    const turn = (i: number) => (i % 2 === 0 ? first : second);

    expect(await first.post('/orders', orderOf('one'))).toBe(201);
    const payments = await Promise.all(range(20).map((i) => turn(i).post('/orders/one/pay')));
    expect(payments.filter((status) => status === 201)).toHaveLength(1);
    expect(payments.filter((status) => status === 409)).toHaveLength(19);
    expect(await eventsOf('one')).toEqual(['placed', 'paid']);

    const ids = range(40).map((i) => `order-${i}`);
    const answers = ids.map((id, i) => turn(i).post('/orders', orderOf(id)));
    await Promise.race(answers);
    await Promise.all([first.kill(), worker.kill()]);
    const statuses = await Promise.all(answers);
    const accepted = ids.filter((_, i) => statuses[i] === 201);
    expect(accepted.length).toBeGreaterThanOrEqual(20);
    for (const id of accepted) expect(await eventsOf(id)).toEqual(['placed']);

    StoreProcess.worker();
    const mails = () => Promise.all(accepted.map(mailsAbout));
    await waitFor(async () => (await mails()).every((count) => count > 0), {
      timeoutMs: 30_000,
      message: 'mail about every order that was accepted',
    });
    expect(await mails()).toEqual(accepted.map(() => 1));
    // Those of the worker's listeners: neither projections nor the processes for HTTP have any.
    const stream = 'store.orders.*:stream';
    const groups = (await redis.client().xinfo('GROUPS', stream)) as unknown[][];
    expect(groups.map(([, name]) => name).sort()).toEqual([
      'online_store-release_stock',
      'online_store-reserve_stock',
      'online_store-send_mail',
    ]);
  }, 60_000);
});
