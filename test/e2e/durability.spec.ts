import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { IsInt } from 'class-validator';
import {
  Event,
  LightbusModule,
  NotDurableError,
  NotReplicatedError,
  OnEvent,
} from 'nestjs-lightbus';
import { LightbusTestingModule } from 'nestjs-lightbus/testing';
import { urlForApplication, urlForTest } from '../support/acl.js';
import { freePort, startRedis, uniqueName, type RedisServer } from '../support/redis-server.js';
import { untilItSucceeds, waitFor } from '../support/wait-for.js';
import { startApplication, type ApplicationParts } from './application.js';

const API = uniqueName('durability');

@Event(`${API}.counted`)
class Counted {
  @IsInt() n!: number;
}

@Event(`${API}_other.counted`)
class OtherCounted {
  @IsInt() n!: number;
}

@Injectable()
class Listener {
  readonly seen: number[] = [];

  @OnEvent(`${API}.counted`, { listenerName: 'listener' })
  handle({ n }: { n: number }) {
    this.seen.push(n);
  }
}

const KEEPS_EVERYTHING = { appendonly: true };

function start(url: string, parts: Partial<ApplicationParts> = {}) {
  return startApplication({ url, service: 'svc', events: [Counted], ...parts });
}

function verdicts(logs: readonly string[]): string[] {
  return logs.filter((line) => line.includes('Durability of'));
}

/** How this Redis is named in logs. */
function nameOf({ host, port }: RedisServer): string {
  return `redis://${host}:${port}/0`;
}

async function clientNames(redis: RedisServer): Promise<string[]> {
  const list = (await redis.client().client('LIST')) as string;
  return [...list.matchAll(/name=(nestjs-lightbus\S*)/g)].map(([, name = '']) => name);
}

describe('the durability audit', () => {
  it('says what a Redis without persistence does, once, and starts', async () => {
    const redis = await startRedis({
      conf: { 'maxmemory-policy': 'allkeys-lru', maxmemory: '1gb' },
    });
    const { logs, bus } = await start(redis.url, {
      events: [Counted, OtherCounted],
      providers: [Listener],
    });
    expect(verdicts(logs)).toEqual([
      `error Durability of ${nameOf(redis)}: ` +
        'this Redis forgets everything at a restart: appendonly is no (CONFIG SET appendonly yes while it runs, then ' +
        'in its configuration; by a restart with it alone, Redis would begin empty); ' +
        'this Redis drops whole streams when memory is short: maxmemory-policy is allkeys-lru ' +
        '(set maxmemory-policy noeviction); ' +
        'no replica: if this machine is lost, so are the events.',
    ]);
    await bus.fire(Counted, { n: 1 });
  });

  it('has little to say of a Redis that keeps everything', async () => {
    const redis = await startRedis(KEEPS_EVERYTHING);
    const { logs } = await start(redis.url);
    expect(verdicts(logs)).toEqual([
      `log Durability of ${nameOf(redis)}: no replica: if this machine is lost, so are the events.`,
    ]);
  });

  it('covers a Redis that only listeners use', async () => {
    const redis = await startRedis();
    const { logs } = await start(redis.url, { events: [], providers: [Listener] });
    await waitFor(() => verdicts(logs).length === 1, { message: 'the verdict' });
    expect(verdicts(logs)[0]).toContain('appendonly is no');
  });

  it('speaks as soon as a Redis that was away at the start is there', async () => {
    const port = await freePort();
    const url = urlForApplication(`redis://127.0.0.1:${port}/0`);
    const { logs } = await start(url, { api: { event_fire_timeout: 1 } });
    expect(verdicts(logs)).toEqual([]);
    await startRedis({ port });
    await waitFor(() => verdicts(logs).length === 1, { message: 'the verdict', timeoutMs: 15_000 });
    expect(verdicts(logs)[0]).toContain('appendonly is no');
  });

  it('says of the in-memory store that events die with the process', async () => {
    const module = await Test.createTestingModule({
      imports: [LightbusTestingModule.forRoot(), LightbusModule.forFeature([Counted])],
    }).compile();
    const logs: string[] = [];
    module.useLogger({
      log: (message: unknown) => void logs.push(`log ${String(message)}`),
      warn: (message: unknown) => void logs.push(`warn ${String(message)}`),
      error: (message: unknown) => void logs.push(`error ${String(message)}`),
    });
    await module.init();
    expect(verdicts(logs)).toEqual([
      "log Durability of this process's memory: events die with this process.",
    ]);
    await module.close();
  });
});

describe('require_durable', () => {
  const redisSettings = { require_durable: true };

  it.each<[string, Partial<ApplicationParts>]>([
    ['fires', {}],
    ['only listens', { events: [], providers: [Listener] }],
  ])('refuses to start on a Redis that forgets, in an application that %s', async (_, parts) => {
    const redis = await startRedis();
    const error: unknown = await start(redis.url, { redis: redisSettings, ...parts }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(NotDurableError);
    expect(error).toMatchObject({
      code: 'LIGHTBUS_NOT_DURABLE',
      problems: ['this Redis forgets everything at a restart: appendonly is no'],
      message: expect.stringMatching(
        /require_durable is set.*\(CONFIG SET appendonly yes while it runs,/,
      ),
    });
    await waitFor(async () => (await clientNames(redis)).length === 0, {
      message: 'every connection to be closed',
    });
  });

  it('starts on a Redis that keeps everything', async () => {
    const redis = await startRedis(KEEPS_EVERYTHING);
    const { bus, logs } = await start(redis.url, { redis: redisSettings });
    expect(verdicts(logs)).toHaveLength(1);
    await bus.fire(Counted, { n: 1 });
  });

  it('refuses to start where Redis is a replica', async () => {
    const primary = await startRedis(KEEPS_EVERYTHING);
    const args = ['--replicaof', primary.host, `${primary.port}`];
    const replica = await startRedis({ ...KEEPS_EVERYTHING, args });
    await expect(start(replica.url, { redis: redisSettings })).rejects.toThrow(
      'this is a replica: it takes no writes (connect to its primary)',
    );
  });

  it('refuses to start where Redis can not be reached', async () => {
    const url = `redis://127.0.0.1:${await freePort()}/0`;
    const api = { event_fire_timeout: 1 };
    await expect(start(url, { redis: redisSettings, api })).rejects.toMatchObject({
      code: 'LIGHTBUS_NOT_DURABLE',
      message: expect.stringMatching(/can't be asked whether it keeps events.*ECONNREFUSED/),
    });
  });

  it('starts where Redis does not tell, and says so', async () => {
    const redis = await startRedis();
    const rules = ['reset', 'on', '>pw', '~*', '+@all', '-config', '-info'];
    await redis.client().call('ACL', 'SETUSER', 'blind', ...rules);
    const url = urlForTest(redis.url).replace('//', '//blind:pw@');
    const { logs, bus } = await start(url, {
      redis: { ...redisSettings, connection_parameters: { enableReadyCheck: false } },
    });
    expect(verdicts(logs)).toEqual([
      `log Durability of ${nameOf(redis)}: unknown, as this Redis does not tell: ` +
        'appendonly, appendfsync, maxmemory-policy, role, number of replicas, version.',
    ]);
    await bus.fire(Counted, { n: 1 });
  });
});

describe('min_replicas', () => {
  it('lets fire resolve once a replica has the event, and not without one', async () => {
    const primary = await startRedis({ conf: { 'repl-diskless-sync-delay': '0' } });
    const { bus, logs } = await start(primary.url, {
      redis: { min_replicas: 1 },
      api: { event_fire_timeout: 1 },
    });
    expect(verdicts(logs)[0]).toContain('no replicas are connected, but min_replicas is 1');
    const failed: unknown = await bus.fire(Counted, { n: 1 }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(NotReplicatedError);
    const stored = await primary.client().xrange(`${API}.*:stream`, '-', '+');
    expect(stored.map(([id]) => id)).toEqual([(failed as NotReplicatedError).nativeId]);

    const replica = await startRedis({ args: ['--replicaof', primary.host, `${primary.port}`] });
    const copy = replica.client();
    await waitFor(async () => (await copy.info('replication')).includes('master_link_status:up'), {
      message: 'the replica to be in sync',
    });
    // The first event after a synchronisation may have to wait for the replica's report of the second.
    await untilItSucceeds(() => bus.fire(Counted, { n: 2 }), { message: 'the replica to confirm' });
    const message = await bus.fire(Counted, { n: 3 });
    expect(await copy.xrevrange(message.stream, '+', '-', 'COUNT', 1)).toEqual([
      [message.nativeId, expect.arrayContaining([':n', '3'])],
    ]);
  });
});
