import { ACKNOWLEDGE, OPEN_GROUP } from '../../lib/store/redis/scripts.generated.js';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { LightbusConfig } from 'nestjs-lightbus';
import { countMade } from '../support/count-made.js';
import { recordCommands, type MonitoredCommand } from '../support/monitor.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import {
  addRaw,
  closeApplications,
  GROUP,
  newCountedApi,
  numbers,
  pendingCount,
  recorderOf,
  start,
  startCounting,
} from './counting.js';

let redis: RedisServer;
let raw: Redis;
/** Everything that Redis was asked since the test began. */
let commands: MonitoredCommand[];

beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
  commands = await recordCommands(redis.client());
});

afterEach(async () => {
  await closeApplications();
  commands.length = 0;
});

/** Arguments of the commands of one name that name a key. */
function commandsOf(name: string, key: string): (readonly string[])[] {
  return commands
    .filter(({ args }) => args[0] === name && args.includes(key))
    .map(({ args }) => args);
}

/** What follows a word among a command's arguments. */
const after = (word: string) => (args: readonly string[]) => args[args.indexOf(word) + 1];

/** Has a consumer that is gone hold entries, which have been idle for so long. */
async function abandon(stream: string, entries: { n: number; idleMs: number }[]): Promise<void> {
  await raw.xgroup('CREATE', stream, GROUP, '0', 'MKSTREAM');
  for (const { n, idleMs } of entries) {
    const id = await addRaw(raw, stream, n);
    await raw.xreadgroup('GROUP', GROUP, 'gone', 'COUNT', 1, 'STREAMS', stream, '>');
    await raw.xclaim(stream, GROUP, 'gone', 0, id, 'IDLE', idleMs, 'JUSTID');
  }
}

async function pendingOf(stream: string, consumer: string): Promise<number> {
  const [, , , consumers] = (await raw.xpending(stream, GROUP)) as [
    number,
    string,
    string,
    [string, string][] | null,
  ];
  return Number(consumers?.find(([name]) => name === consumer)?.[1] ?? 0);
}

describe('settings of event_transport.redis', () => {
  it.each([1, 7])('batch_size %i: a listener fetches so many at once', async (batch_size) => {
    const { stream, recorder } = await startCounting({ url: redis.url, redis: { batch_size } });
    for (const n of numbers(1, 3)) await addRaw(raw, stream, n);
    await waitFor(() => recorder().seen.length === 3);
    // What MONITOR tells may come later than what it tells of.
    await waitFor(() => commandsOf('xreadgroup', stream).some((args) => args.at(-1) === '>'));
    // Maintenance reads one entry of the far end of the pending list.
    const reads = commandsOf('xreadgroup', stream).filter((args) => args.at(-1) === '>');
    expect(new Set(reads.map(after('COUNT')))).toEqual(new Set([String(batch_size)]));
  });

  it.each([
    [1, 100],
    [10, 12],
    [100, 5],
  ])(
    'batch_size %i: 100 events take at most %i acknowledgements, and none takes a signal or a timer',
    async (batch_size, most) => {
      const counted = newCountedApi('settings');
      const Recorder = recorderOf(counted, { timeout: 60_000 });
      const { app } = await start({
        ...{ url: redis.url, service: 'svc', providers: [Recorder], redis: { batch_size } },
      });
      const recorder = app.get(Recorder);
      let release: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      recorder.handle = (n) => (n === 1 ? gate : undefined);
      for (const n of numbers(1, 100)) await addRaw(raw, counted.stream, n);
      const [signals, timers] = [
        countMade('AbortController'),
        jest.spyOn(globalThis, 'setTimeout'),
      ];
      release();
      await waitFor(() => recorder.seen.length === 100);
      // Those of this test are not ours.
      const ours = timers.mock.calls.map(([, ms]) => ms).filter((ms) => ms !== 10);
      // The one of the listener's timeout, and the one of acknowledgements that no read follows.
      expect(ours.length).toBeLessThanOrEqual(2);
      expect(signals.count).toBe(0);
      signals.restore();
      timers.mockRestore();
      await waitFor(async () => (await pendingCount(raw, counted.stream, GROUP)) === 0);
      const acknowledgements = () =>
        commandsOf('evalsha', counted.stream).filter(([, sha]) => sha === ACKNOWLEDGE.sha);
      const idsOf = (args: readonly string[]) => args.filter((arg) => /^\d+-\d+$/.test(arg));
      await waitFor(() => acknowledgements().flatMap(idsOf).length === 100);
      expect(acknowledgements().length).toBeLessThanOrEqual(most);
      const bytes = acknowledgements().flat().join('').length;
      expect(bytes).toBeLessThan(acknowledgements().length * 350 + 100 * 17);
    },
  );

  it('acknowledgement_timeout: what has been idle for longer is taken over, nothing else', async () => {
    const counted = newCountedApi('settings');
    await abandon(counted.stream, [
      { n: 1, idleMs: 31_000 },
      { n: 2, idleMs: 20_000 },
    ]);
    const Recorder = recorderOf(counted);
    const { app } = await start({
      url: redis.url,
      service: 'svc',
      providers: [Recorder],
      redis: { acknowledgement_timeout: 30, reclaim_interval: 0.1 },
    });
    const { seen } = app.get(Recorder);
    await addRaw(raw, counted.stream, 3);
    await waitFor(() => seen.length === 2);
    const looks = commandsOf('xpending', counted.stream).length;
    await waitFor(() => commandsOf('xpending', counted.stream).length > looks + 3);
    expect(seen).toEqual([1, 3]);
    expect(await pendingOf(counted.stream, 'gone')).toBe(1);
  });

  it('reclaim_interval: so often it looks for entries to take over', async () => {
    const often = await startCounting({ url: redis.url, redis: { reclaim_interval: 0.3 } });
    const seldom = await startCounting({ url: redis.url, redis: { reclaim_interval: 60 } });
    const looks = (stream: string) =>
      commands.filter(
        ({ args }) => args[0] === 'xpending' && args.includes('IDLE') && args[1] === stream,
      );
    await waitFor(() => looks(often.stream).length >= 5);
    const times = looks(often.stream).map(({ time }) => time);
    for (const [i, time] of times.entries()) {
      if (i > 0) expect(time - times[i - 1]!).toBeGreaterThanOrEqual(295);
    }
    expect(looks(seldom.stream)).toHaveLength(1);
  });

  it('reclaim_interval: half of acknowledgement_timeout where it is null', async () => {
    const { stream } = await startCounting({
      url: redis.url,
      redis: { reclaim_interval: null, acknowledgement_timeout: 0.8 },
    });
    const looks = () =>
      commands.filter(
        ({ args }) => args[0] === 'xpending' && args.includes('IDLE') && args[1] === stream,
      );
    await waitFor(() => looks().length >= 4);
    const times = looks().map(({ time }) => time);
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(395);
    expect(Math.min(...gaps)).toBeLessThan(800);
  });

  it.each([
    [{ reclaim_batch_size: 3 }, 3],
    [{ batch_size: 2, reclaim_batch_size: null }, 20],
  ])('reclaim_batch_size: %j takes over %i at once', async (settings, expected) => {
    const counted = newCountedApi('settings');
    const entries = numbers(1, 25).map((n) => ({ n, idleMs: 100_000 }));
    await abandon(counted.stream, entries);
    const Recorder = recorderOf(counted);
    // The first one is handled while the others of its page wait.
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    class Slow extends Recorder {
      override handle = () => released;
    }
    const { app } = await start({
      url: redis.url,
      service: 'svc',
      providers: [Slow],
      redis: settings,
    });
    await waitFor(async () => (await pendingOf(counted.stream, 'w1')) > 0);
    expect(await pendingOf(counted.stream, 'w1')).toBe(expected);
    expect(await pendingOf(counted.stream, 'gone')).toBe(25 - expected);
    release();
    await waitFor(() => app.get(Slow).seen.length === 25);
    expect(app.get(Slow).seen).toEqual(numbers(1, 25));
  });

  it('consumer_ttl: a consumer that has been idle for longer and holds nothing is removed', async () => {
    const [expired, kept] = [newCountedApi('settings'), newCountedApi('settings')];
    for (const { stream } of [expired, kept]) {
      await abandon(stream, [{ n: 1, idleMs: 0 }]);
      await raw.xgroup('CREATE', stream, 'svc-others', '0');
      for (const group of [GROUP, 'svc-others']) {
        await raw.xgroup('CREATECONSUMER', stream, group, 'idle');
      }
    }
    const common = { reclaim_interval: 0.1, acknowledgement_timeout: 600 };
    for (const [counted, consumer_ttl] of [
      [expired, 1],
      [kept, 600],
    ] as const) {
      await start({
        url: redis.url,
        service: 'svc',
        process: `process_of_${counted.api}`,
        providers: [recorderOf(counted)],
        redis: { ...common, consumer_ttl },
      });
    }
    const consumers = async (stream: string, group: string) => {
      const found = (await raw.xinfo('CONSUMERS', stream, group)) as string[][];
      return found.map((consumer) => after('name')(consumer)).sort();
    };
    const worker = `process_of_${expired.api}`;
    await waitFor(async () => !(await consumers(expired.stream, GROUP)).includes('idle'));
    // One that is at work is not idle, and one that holds something is not removed.
    const looks = commandsOf('xinfo', expired.stream).length;
    await waitFor(() => commandsOf('xinfo', expired.stream).length > looks + 20);
    expect(await consumers(expired.stream, GROUP)).toEqual(['gone', worker]);
    expect(await consumers(expired.stream, 'svc-others')).toEqual(['idle']);
    expect(await consumers(kept.stream, GROUP)).toContain('idle');
    const removed = commands.filter(({ args }) => args[1] === 'DELCONSUMER');
    expect(removed.map(({ args }) => args.slice(2))).toEqual([[expired.stream, GROUP, 'idle']]);
    const [creation] = commands.filter(
      ({ args }) => args[1] === 'CREATECONSUMER' && args[2] === expired.stream,
    );
    expect(removed[0]!.time - creation!.time).toBeGreaterThan(1_000);
  });

  it('service_name and consumer_name: the transport names group and consumer itself', async () => {
    const { stream } = await startCounting({
      url: redis.url,
      redis: { service_name: 'other', consumer_name: 'worker_{random4}' },
    });
    const [group] = (await raw.xinfo('GROUPS', stream)) as string[][];
    expect(after('name')(group!)).toBe('other-recorder');
    const [consumer] = (await raw.xinfo('CONSUMERS', stream, 'other-recorder')) as string[][];
    expect(after('name')(consumer!)).toMatch(/^worker_\w{4}$/);
  });

  it('stream_use per_event: a listener reads the streams of its events and no others', async () => {
    const counted = newCountedApi('settings');
    const { api } = counted;
    const Recorder = recorderOf(counted);
    await addRaw(raw, `${api}.counted:stream`, 1);
    await addRaw(raw, `${api}.*:stream`, 2);
    await addRaw(raw, `${api}.deeper.counted:stream`, 3);
    await addRaw(raw, `${api}.other:stream`, 4);
    const { app } = await start({
      url: redis.url,
      service: 'svc',
      providers: [Recorder],
      redis: { stream_use: 'per_event' },
    });
    const { seen } = app.get(Recorder);
    await waitFor(() => seen.length >= 3);
    // The API's own stream, as Python opens one, belongs to it; an API with a longer name does not.
    expect(seen.toSorted()).toEqual([1, 2, 4]);
    expect(await raw.xinfo('GROUPS', `${api}.deeper.counted:stream`)).toEqual([]);
  });

  it('consumption_restart_delay: caps the delay between attempts to read', async () => {
    const attempts = async (consumption_restart_delay: number) => {
      const counted = newCountedApi('settings');
      // A key that is no stream: every attempt to read it fails.
      await raw.set(counted.stream, 'no stream');
      const application = await start({
        url: redis.url,
        service: 'svc',
        providers: [recorderOf(counted)],
        redis: { consumption_restart_delay },
      });
      const times = () =>
        commands
          .filter(({ args }) => args[1] === OPEN_GROUP.sha && args.includes(counted.stream))
          .map(({ time }) => time);
      await waitFor(() => times().length >= 8);
      const gaps = times().map((time, i, all) => time - (all[i - 1] ?? time));
      return { gaps: gaps.slice(6, 8), logs: application.logs };
    };
    const [capped, uncapped] = await Promise.all([attempts(1), attempts(2)]);
    // Without a cap the 6th and 7th delays are 1.6 to 3.2 s, and 3.2 to 6.4 s.
    for (const gap of capped.gaps) expect(gap).toBeLessThan(1_500);
    for (const gap of uncapped.gaps) expect(gap).toBeGreaterThanOrEqual(995);
    // One line each, however many attempts. (Nest has one logger, that of the last application.)
    const lines = [...capped.logs, ...uncapped.logs].filter((line) =>
      line.includes("can't go on: "),
    );
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toContain('WRONGTYPE');
  }, 30_000);

  it('url and connection_parameters: where and as whom it connects', async () => {
    const { stream, fire, recorder } = await startCounting({
      url: redis.url.replace(/0$/, '3'),
      redis: { connection_parameters: { connectionName: 'named-by-us' } },
    });
    await fire(1);
    await waitFor(() => recorder().seen.length === 1);
    const other = redis.client();
    await other.select(3);
    expect(await other.xlen(stream)).toBe(1);
    expect(await raw.exists(stream)).toBe(0);
    expect(await raw.client('LIST')).toMatch(/name=named-by-us .*db=3/);
  });

  it('a section of one API inherits nothing from default', async () => {
    const [own, others] = [newCountedApi('own'), newCountedApi('others')];
    const providers = [recorderOf(own), recorderOf(others, { listenerName: 'others' })];
    const config: LightbusConfig = {
      apis: {
        default: {
          cast_values: false,
          event_transport: { redis: { url: redis.url, batch_size: 9, stream_use: 'per_event' } },
        },
        [own.api]: { event_transport: { redis: { url: redis.url } } },
      },
    };
    const { app, bus } = await start({
      url: redis.url,
      service: 'svc',
      events: [own.Counted, others.Counted],
      providers,
      options: { config },
    });
    await addRaw(raw, `${others.api}.counted:stream`, 1);
    await bus.fire(own.Counted, { n: 1 });
    await bus.fire(others.Counted, { n: 2 });
    await waitFor(() => app.get(providers[0]!).seen.length === 1);
    expect(await raw.keys(`${own.api}*`)).toEqual([own.stream]);
    expect(await raw.keys(`${others.api}*`)).toEqual([`${others.api}.counted:stream`]);
    const reads = commandsOf('xreadgroup', own.stream).filter((args) => args.at(-1) === '>');
    expect(new Set(reads.map(after('COUNT')))).toEqual(new Set(['1']));
  });
});
