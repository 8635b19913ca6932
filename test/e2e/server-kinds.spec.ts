import { afterEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { startRedis } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import type { Application } from './application.js';
import {
  closeApplications,
  GROUP,
  newCountedApi,
  ourConnections,
  pendingCount,
  start,
  startCounting,
} from './counting.js';

afterEach(closeApplications);

/** What was logged of Redis and listeners, at which level; of durability nothing. */
function told({ logs }: Application): string[] {
  return logs.filter((line) => /^\w+ (Redis|Listener|No connection|Connected)/.test(line));
}

/** As an idle timeout does. @returns once as many are there again. */
async function killAll(client: Redis): Promise<void> {
  const isListening = async () => /bell .*sub=1/.test(String(await client.client('LIST')));
  // What is under way would be a loss.
  await waitFor(isListening);
  const ours = await ourConnections(client);
  expect(ours.length).toBeGreaterThan(1);
  await client.pipeline(ours.map(({ id }) => ['client', 'KILL', 'ID', id])).exec();
  await waitFor(async () => {
    const now = await ourConnections(client);
    return now.length === ours.length && now.every(({ id }) => !ours.some((one) => one.id === id));
  });
}

describe('a server that closes idle connections', () => {
  it('is told once, and not as an error, by a process that only fires', async () => {
    const redis = await startRedis();
    const client = redis.client();
    const counted = newCountedApi('idle');
    const application = await start({
      ...{ url: redis.url, service: 'svc', events: [counted.Counted] },
    });
    await client.config('SET', 'timeout', '1');
    const opened = async () => connectionsIn(await client.info('stats'));
    const before = await opened();
    await waitFor(async () => (await opened()) >= before + 3, { timeoutMs: 20_000 });
    await application.bus.fire(counted.Counted, { n: 1 });
    expect(told(application)).toEqual([
      expect.stringMatching(
        /^log Redis at \S+ has closed a connection in which nothing was under way/,
      ),
    ]);
  }, 40_000);

  it('goes unnoticed by a listener, and its events arrive', async () => {
    const redis = await startRedis();
    const { application, recorder, fire, stream } = await startCounting({ url: redis.url });
    const client = redis.client();
    await client.config('SET', 'timeout', '1');
    const errors = () => told(application).filter((line) => line.startsWith('error')).length;
    let unnoticed = 0;
    // On a busy machine something may be under way in one or the other, which is told then.
    for (let n = 1; n <= 6 && unnoticed < 3; n++) {
      const before = errors();
      await killAll(client);
      await fire(n);
      await waitFor(() => recorder().seen.length === n);
      await waitFor(async () => (await pendingCount(client, stream, GROUP)) === 0);
      if (errors() === before) unnoticed++;
    }
    expect(unnoticed).toBe(3);
  }, 40_000);

  it('is an error where no connection can be made any more', async () => {
    const redis = await startRedis();
    const { application } = await startCounting({ url: redis.url });
    await redis.kill();
    await waitFor(() => told(application).some((line) => line.startsWith('error No connection')));
    expect(told(application).join()).not.toContain('nothing was under way');
  }, 40_000);
});

describe('a server without CLIENT', () => {
  const WARNING = expect.stringMatching(
    /^warn Redis at redis:\S+ refuses CLIENT: .*(unknown command|NOPERM).* carried out late.* twice a second/,
  ) as unknown;

  it('is told once, as a warning that says what is different', async () => {
    const redis = await startRedis({ args: ['--rename-command', 'CLIENT', ''] });
    const { application, recorder, fire } = await startCounting({ url: redis.url });
    await fire(1);
    await waitFor(() => recorder().seen.length === 1);
    // By now it has looked for what it could not be told.
    await fire(2);
    await waitFor(() => recorder().seen.length === 2);
    expect(told(application).filter((line) => !line.startsWith('log'))).toEqual([WARNING]);
  }, 40_000);

  it.each([
    ['renamed', []],
    ['forbidden', ['-client']],
  ])(
    'is told once by a process that only fires, over any number of connections (%s)',
    async (_, rules) => {
      const args = rules.length > 0 ? [] : ['--rename-command', 'CLIENT', ''];
      const redis = await startRedis({ args });
      const raw = redis.client();
      await raw.call('ACL', ['SETUSER', 'few', 'on', '>pw', '~*', '&*', '+@all', ...rules]);
      const { Counted } = newCountedApi('clientless');
      const url = `redis://few:pw@127.0.0.1:${redis.port}/0`;
      const application = await start({ url, service: 'svc', events: [Counted] });
      const fire = () => application.bus.fire(Counted, { n: 1 });
      await fire();
      await raw.config('SET', 'timeout', '1');
      await waitFor(() => told(application).some((line) => line.includes('nothing was under way')));
      await fire();
      expect(told(application).filter((line) => !line.startsWith('log'))).toEqual([WARNING]);
    },
    40_000,
  );
});

describe('a Cluster', () => {
  it('without hash slots is told as what it is, by a process that only fires', async () => {
    const redis = await startRedis({ conf: { 'cluster-enabled': 'yes' } });
    const { Counted } = newCountedApi('slotless');
    const application = await start({ url: redis.url, service: 'svc', events: [Counted] });
    await expect(application.bus.fire(Counted, { n: 1 })).rejects.toMatchObject({
      ...{ name: 'PublishError', retry: 'again', message: expect.stringContaining('CLUSTERDOWN') },
    });
    expect(application.logs.filter((line) => line.includes('Cluster'))).toEqual([
      expect.stringMatching(/^error .*a Redis Cluster that takes no commands .*see CLUSTER INFO/),
    ]);
  }, 40_000);

  it('of one node works, with a warning', async () => {
    const redis = await startRedis({ conf: { 'cluster-enabled': 'yes' } });
    await redis.client().call('CLUSTER', ['ADDSLOTSRANGE', '0', '16383']);
    await waitFor(async () =>
      String(await redis.client().call('CLUSTER', ['INFO'])).includes('state:ok'),
    );
    const { application, recorder, fire } = await startCounting({ url: redis.url });
    await fire(1);
    await waitFor(() => recorder().seen.length === 1);
    expect(application.logs.filter((line) => line.includes('Cluster'))).toEqual([
      expect.stringContaining('a Redis Cluster of one node'),
    ]);
  }, 40_000);

  it('of several is told once at the start, and what lies elsewhere without slot and node', async () => {
    const redis = await startRedis({ conf: { 'cluster-enabled': 'yes' } });
    const cluster = (...args: (string | number)[]) => redis.client().call('CLUSTER', args);
    const other = await startRedis({ conf: { 'cluster-enabled': 'yes' } });
    await cluster('ADDSLOTSRANGE', 0, 1);
    await other.client().call('CLUSTER', ['ADDSLOTSRANGE', 2, 16383]);
    await cluster('SET-CONFIG-EPOCH', 1);
    await cluster('MEET', '127.0.0.1', other.port);
    await waitFor(async () => String(await cluster('INFO')).includes('cluster_state:ok'), {
      timeoutMs: 20_000,
    });
    const { application, fire } = await startCounting({
      ...{ url: redis.url, redis: { stream_use: 'per_event', consumption_restart_delay: 1 } },
    });
    await expect(fire(1)).rejects.toMatchObject({
      name: 'PublishError',
      message: expect.stringMatching(
        /MOVED this Redis is one node of a Cluster, which is not supported/,
      ),
    });
    const lines = application.logs.filter((line) => /Cluster|MOVED|CROSSSLOT/.test(line));
    expect(lines[0]).toMatch(
      /^error Durability of .*Redis Cluster of 2 nodes, which is not supported/,
    );
    expect(lines.slice(1).filter((line) => !line.includes("Listener 'recorder'"))).toEqual([]);
    expect(new Set(lines).size).toBe(lines.length);
  }, 60_000);
});

function connectionsIn(stats: string): number {
  return Number(/total_connections_received:(\d+)/.exec(stats)?.[1]);
}
