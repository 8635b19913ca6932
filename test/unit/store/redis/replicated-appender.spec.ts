import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { ConcurrencyError, NotReplicatedError, PublishError } from '../../../../lib/fire-errors.js';
import { RedisStore } from '../../../../lib/store/redis/redis.store.js';
import { recordCommands } from '../../../support/monitor.js';
import { owned } from '../../../support/owned.js';
import { startRedis, uniqueName, type RedisServer } from '../../../support/redis-server.js';
import { startProxy } from '../../../support/tcp-proxy.js';
import { waitFor } from '../../../support/wait-for.js';

const SILENT = { log: () => undefined, warn: () => undefined, error: () => undefined };

let primary: RedisServer;
let raw: Redis;

beforeAll(async () => {
  primary = await startRedis();
  raw = primary.client();
});

async function transportTo(url: string, minReplicas = 1): Promise<RedisStore> {
  const store = new RedisStore({
    url,
    minReplicas,
    maxReconnectDelayMs: 50,
    logger: SILENT,
  });
  owned().onEnd(() => store.close());
  await store.connect(5_000);
  return store;
}

async function replicaOf(server: RedisServer): Promise<RedisServer> {
  const replica = await startRedis({ args: ['--replicaof', server.host, `${server.port}`] });
  const client = replica.client();
  await waitFor(async () => (await client.info('replication')).includes('master_link_status:up'), {
    message: 'the replica to be in sync',
  });
  return replica;
}

const newStream = () => `${uniqueName('replicated')}.*:stream`;
const event = (id: string) => ['id', id, 'api_name', 'a', 'event_name', 'b', 'version', '1'];

function append(store: RedisStore, stream: string, ids: string[], timeoutMs = 5_000) {
  return store.append(stream, ids.map(event), { maxLength: null, timeoutMs });
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('without a replica', () => {
  it('rejects in time, says that the event is stored, and stores it once', async () => {
    const store = await transportTo(primary.url);
    const stream = newStream();
    const start = Date.now();
    const error = await failureOf(append(store, stream, ['id-1'], 1_000));
    expect(Date.now() - start).toBeGreaterThan(950);
    expect(Date.now() - start).toBeLessThan(1_900);

    const [[nativeId] = []] = await raw.xrange(stream, '-', '+');
    expect(await raw.xlen(stream)).toBe(1);
    expect(error).toBeInstanceOf(NotReplicatedError);
    expect(error).toMatchObject({
      code: 'LIGHTBUS_NOT_REPLICATED',
      id: 'id-1',
      nativeId,
      replicas: 0,
      message: expect.stringMatching(
        /only 0 of 1 replicas.*confirmed in time\..*don't fire it again/,
      ),
    });
  });

  it('tells at once what was refused, as another number of events of its entity was expected', async () => {
    const store = await transportTo(primary.url);
    const entity = { parameter: 'k', key: '1' };
    const refused = store.appendOnce(newStream(), [[...event('id-1'), ':k', '1']], {
      ...{ maxLength: null, timeoutMs: 60_000, onceWithinMs: 60_000, areNew: true },
      expected: { keys: new Map([['b', 'k']]), entity, version: 1 },
    });
    await expect(refused).rejects.toBeInstanceOf(ConcurrencyError);
    await expect(refused).rejects.toMatchObject({ expected: 1, actual: 0, ids: ['id-1'] });
    // What it waits for still would be taken for another's WAIT by the tests below.
    await store.close();
    await waitFor(async () => (await raw.info('clients')).includes('blocked_clients:0'));
  });

  it('names every event of a transaction', async () => {
    const store = await transportTo(primary.url);
    const stream = newStream();
    const error = await failureOf(append(store, stream, ['id-1', 'id-2'], 300));
    const nativeIds = (await raw.xrange(stream, '-', '+')).map(([id]) => id);
    expect(nativeIds).toHaveLength(2);
    const stored = nativeIds.map((nativeId, i) => ({ id: `id-${i + 1}`, nativeId, stream }));
    expect(error).toMatchObject({ ids: ['id-1', 'id-2'], stored, id: 'id-1' });
  });

  it('stores what is fired meanwhile without waiting for the first', async () => {
    const store = await transportTo(primary.url);
    const stream = newStream();
    const first = failureOf(append(store, stream, ['id-1'], 3_000));
    await waitFor(async () => (await raw.xlen(stream)) === 1, { message: 'the first event' });
    const start = Date.now();
    const second = failureOf(append(store, stream, ['id-2'], 3_000));
    await waitFor(async () => (await raw.xlen(stream)) === 2, { message: 'the second event' });
    expect(Date.now() - start).toBeLessThan(1_500);
    expect(await first).toBeInstanceOf(NotReplicatedError);
    expect(await second).toBeInstanceOf(NotReplicatedError);
  });

  it('keeps no reader waiting', async () => {
    const store = await transportTo(primary.url);
    const stream = newStream();
    const firing = failureOf(append(store, stream, ['id-1'], 1_000));
    await waitFor(async () => (await raw.xlen(stream)) === 1, { message: 'the event' });
    const start = Date.now();
    await store.range(stream, { start: '-', end: '+', count: 1 });
    expect(Date.now() - start).toBeLessThan(250);
    await firing;
  });

  it('takes a lost connection for no confirmation, not the next connection for one', async () => {
    const proxy = await startProxy(primary.port);
    const store = await transportTo(proxy.url);
    const stream = newStream();
    const firing = failureOf(append(store, stream, ['id-1'], 10_000));
    await waitFor(async () => (await raw.xlen(stream)) === 1, { message: 'the event' });
    await waitFor(async () => (await raw.info('clients')).includes('blocked_clients:1'), {
      message: 'WAIT',
    });
    proxy.cut();
    expect(await firing).toMatchObject({
      replicas: 0,
      message: expect.stringContaining('the connection was lost'),
    });
  });

  it('wakes those who wait when it is closed', async () => {
    const store = await transportTo(primary.url);
    const stream = newStream();
    const firing = failureOf(append(store, stream, ['id-1'], 60_000));
    await waitFor(async () => (await raw.xlen(stream)) === 1, { message: 'the event' });
    await store.close();
    expect(await firing).toBeInstanceOf(NotReplicatedError);
    await expect(append(store, stream, ['id-2'])).rejects.toThrow('the bus is closed');
  });

  it('says what is wrong where WAIT is forbidden', async () => {
    await raw.call('ACL', 'SETUSER', 'nowait', 'on', '>pw', '~*', '+@all', '-wait');
    const store = await transportTo(`redis://nowait:pw@127.0.0.1:${primary.port}/0`);
    await expect(append(store, newStream(), ['id-1'])).rejects.toThrow(/NOPERM.*'wait'/);
  });
});

describe('with a replica', () => {
  let server: RedisServer;
  let replica: RedisServer;
  let client: Redis;
  let copy: Redis;

  beforeAll(async () => {
    server = await startRedis({ conf: { 'repl-diskless-sync-delay': '0' } });
    replica = await replicaOf(server);
    client = server.client();
    copy = replica.client();
  });

  it('resolves once the replica has the event', async () => {
    const store = await transportTo(server.url);
    const stream = newStream();
    for (const id of ['id-1', 'id-2', 'id-3']) {
      const [nativeId] = await append(store, stream, [id]);
      expect(await copy.xrevrange(stream, '+', '-', 'COUNT', 1)).toEqual([[nativeId, event(id)]]);
    }
  });

  it('shares a WAIT among the events in flight', async () => {
    const store = await transportTo(server.url);
    const stream = newStream();
    await client.config('RESETSTAT');
    const ids = Array.from({ length: 200 }, (_, i) => `id-${i}`);
    const nativeIds = await Promise.all(ids.map((id) => append(store, stream, [id])));
    expect(nativeIds.flat()).toEqual((await copy.xrange(stream, '-', '+')).map(([id]) => id));
    const [, waits] = /cmdstat_wait:calls=(\d+)/.exec(await client.info('commandstats')) ?? [];
    expect(Number(waits)).toBeLessThan(20);
  });

  it('refuses one more than 10,000 that wait for Redis, or for its replica, and loses none of those', async () => {
    const store = await transportTo(server.url);
    const stream = newStream();
    const isRefused = () =>
      expect(append(store, stream, ['x'])).rejects.toMatchObject({
        ...{ name: 'PublishError', ids: ['x'], retry: 'again' },
      });
    await client.config('RESETSTAT');
    process.kill(replica.pid, 'SIGSTOP');
    const waiting = Array.from({ length: 10_000 }, (_, i) =>
      append(store, stream, [`id-${i}`], 15_000),
    );
    try {
      await isRefused();
      // Where it waits once more, all that was sent before has been answered.
      await waitFor(async () =>
        /cmdstat_wait:calls=(?!1,)/.test(await client.info('commandstats')),
      );
      await isRefused();
    } finally {
      process.kill(replica.pid, 'SIGCONT');
    }
    const nativeIds = (await Promise.all(waiting)).flat();
    expect(nativeIds).toEqual((await copy.xrange(stream, '-', '+')).map(([id]) => id));
    await append(store, stream, ['x']);
  });

  it('waits for an event that is fired again and was there already', async () => {
    const stream = newStream();
    const first = await transportTo(server.url);
    const options = { maxLength: null, timeoutMs: 1_000, onceWithinMs: 60_000 };
    process.kill(replica.pid, 'SIGSTOP');
    try {
      const error = await failureOf(first.appendOnce(stream, [event('id-1')], options));
      expect(error).toMatchObject({ code: 'LIGHTBUS_NOT_REPLICATED' });
      // Another connection: what it has written itself says nothing about the event.
      const second = await transportTo(server.url);
      const again = await failureOf(second.appendOnce(stream, [event('id-1')], options));
      expect(again).toMatchObject({ code: 'LIGHTBUS_NOT_REPLICATED', replicas: 0 });
    } finally {
      process.kill(replica.pid, 'SIGCONT');
    }
    const [{ nativeId, found } = { nativeId: '' }] = await first.appendOnce(
      stream,
      [event('id-1')],
      options,
    );
    expect(found).toEqual(event('id-1'));
    expect(await copy.xrange(stream, '-', '+')).toEqual([[nativeId, event('id-1')]]);
    expect(await client.exists(`lightbus:replication:{${stream}}`)).toBe(1);
  });

  it('waits for the event itself, where Redis had forgotten the script that stores it', async () => {
    const store = await transportTo(server.url);
    const stream = newStream();
    const commands = await recordCommands(server.client());
    await client.script('FLUSH');
    const options = { maxLength: null, timeoutMs: 5_000, onceWithinMs: 60_000 };
    await store.appendOnce(stream, [event('id-1')], options);
    await client.ping();
    await waitFor(() => commands.some(({ args: [name] }) => name === 'ping'));
    const names = commands.map(({ args: [name = ''] }) => name);
    expect(names.lastIndexOf('wait')).toBeGreaterThan(names.indexOf('xadd'));
    expect(names.indexOf('xadd')).toBeGreaterThan(0);
  });

  it('is short of a second one', async () => {
    const store = await transportTo(server.url, 2);
    const error = await failureOf(append(store, newStream(), ['id-1'], 1_000));
    expect(error).toMatchObject({ code: 'LIGHTBUS_NOT_REPLICATED', replicas: 1 });
  });

  it('rejects while the replica hangs, and resolves again when it is back', async () => {
    const store = await transportTo(server.url);
    const stream = newStream();
    await append(store, stream, ['id-1']);
    process.kill(replica.pid, 'SIGSTOP');
    try {
      const error = await failureOf(append(store, stream, ['id-2'], 1_000));
      expect(error).toMatchObject({ code: 'LIGHTBUS_NOT_REPLICATED', replicas: 0 });
    } finally {
      process.kill(replica.pid, 'SIGCONT');
    }
    await append(store, stream, ['id-3']);
    expect(await copy.xlen(stream)).toBe(3);
  });

  it('says that nothing was stored where Redis refused the event', async () => {
    const store = await transportTo(server.url);
    const key = `${uniqueName('list')}.*:stream`;
    await client.rpush(key, 'no stream');
    const error = await failureOf(append(store, key, ['id-1']));
    expect(error).toBeInstanceOf(PublishError);
    expect((error as Error).message).toContain('WRONGTYPE');
  });
});
