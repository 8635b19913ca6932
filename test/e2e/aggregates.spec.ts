import { afterEach, describe, expect, it } from '@jest/globals';
import { IsInt, IsString } from 'class-validator';
import { Aggregate, Aggregates, Apply, ConcurrencyError, Event } from 'nestjs-lightbus';
import { startRedis, sharedRedis, uniqueName } from '../support/redis-server.js';
import { startProxy } from '../support/tcp-proxy.js';
import { waitFor } from '../support/wait-for.js';
import { startApplication, type Application } from './application.js';

const started: Application[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((application) => application.close()));
});

/** An application with a counter whose events say on which version they were decided. */
async function startCounters(url: string, api = uniqueName('counters'), process = 'w1') {
  @Event(`${api}.added`, { key: 'counter' })
  class Added {
    @IsString() counter!: string;
    @IsInt() on!: number;
  }

  @Aggregate({ events: [Added], snapshotEvery: 5 })
  class Counter {
    on: number[] = [];
    readonly at = new Map<string, Date>();
    @Apply(Added) added({ on }: Added): void {
      this.on.push(on);
    }
  }

  const application = await startApplication({
    ...{ url, service: 'svc', process, events: [Added] },
    redis: { consumption_restart_delay: 1 },
  });
  started.push(application);
  const aggregates = application.app.get(Aggregates);
  const make = (counter: string, on: number) => Object.assign(new Added(), { counter, on });
  const add = (counter: string) =>
    aggregates.change(Counter, counter, (_, { version }) => make(counter, version), {
      retries: Infinity,
    });
  return { ...application, aggregates, Counter, Added, make, add, api, stream: `${api}.*:stream` };
}

describe('aggregates on Redis', () => {
  it('are changed by several processes at once, each on the state that it is stored after, whatever strangers do', async () => {
    const redis = await sharedRedis();
    const { url } = redis;
    const first = await startCounters(url);
    const second = await startCounters(url, first.api, 'w2');
    const raw = redis.client();
    // Every second entry is about c1, however it is written; the others are about other entities, or none.
    const keys = ['"c1"', 'null', ' "\\u0063\\u0031"', '"other"', '"c\\u0031" ', '{"c1":1}'];
    const stranger = async () => {
      for (let n = 0; n < 24; n++) {
        await raw.xadd(
          ...([first.stream, '*', 'id', `s${n}`, 'api_name', first.api] as const),
          ...['event_name', 'added', 'version', '1', ':on', '-1', ':counter', keys[n % 6] ?? ''],
        );
        if (n % 3 > 0) continue;
        const kept = await raw.keys(`lightbus:*{${first.stream}}*`);
        await raw.unlink(...kept.filter((key) => /:(index|snapshot):/.test(key)), 'none');
        await raw.script('FLUSH');
      }
    };
    const changes = Array.from({ length: 12 }, (_, n) => [first, second][n % 2]!.add('c1'));
    await Promise.all([...changes, stranger()]);
    const { state, version } = await second.aggregates.load(second.Counter, 'c1');
    expect(version).toBe(24);
    const decided = state.on.map((on, before) => ({ on, before })).filter(({ on }) => on >= 0);
    expect(decided).toHaveLength(12);
    for (const { on, before } of decided) expect(on).toBe(before);
    expect((await first.aggregates.load(first.Counter, 'other')).version).toBe(4);
  });

  it('keep snapshots that save reading, and do without when they are deleted', async () => {
    const redis = await sharedRedis();
    const { aggregates, Counter, add, stream } = await startCounters(redis.url);
    const raw = redis.client();
    const key = `lightbus:snapshot:{${stream}}:Counter:counter:c:1`;
    for (let n = 0; n < 6; n++) await add('c:1');
    await waitFor(async () => (await raw.exists(key)) === 1);
    expect(await raw.pttl(key)).toBeGreaterThan(29 * 24 * 3_600_000);
    const whole = await aggregates.load(Counter, 'c:1');
    expect(whole.state.on).toHaveLength(6);
    await raw.del(key);
    expect(await aggregates.load(Counter, 'c:1')).toEqual(whole);
    await raw.set(key, 'x');
    expect(await aggregates.load(Counter, 'c:1')).toEqual(whole);
  });

  it('find out what became of a change whose answer got lost', async () => {
    const redis = await startRedis();
    const proxy = await startProxy(redis.port);
    const url = `redis://127.0.0.1:${proxy.port}/0`;
    const { aggregates, Counter, add, make, stream } = await startCounters(url);
    await add('c1');
    const raw = redis.client();
    let decided = 0;
    const loseAnswer = async () => {
      await waitFor(async () => (await raw.xlen(stream)) === 2);
      proxy.cut();
      proxy.resume();
    };
    let losing: Promise<void> | undefined;
    const result = await aggregates.change(Counter, 'c1', (_, { version }) => {
      decided++;
      // It has been loaded; what comes now is storing.
      proxy.pause('answers');
      losing = loseAnswer();
      return make('c1', version);
    });
    await losing;
    expect(result).toMatchObject({ version: 2, messages: [{ duplicate: true, sequence: 2 }] });
    expect(decided).toBe(1);
    expect(await raw.xlen(stream)).toBe(2);
    expect((await aggregates.load(Counter, 'c1')).state).toEqual(result.state);
  });

  it('refuse a stale expected version', async () => {
    const { url } = await sharedRedis();
    const { bus, make, add } = await startCounters(url);
    await add('c1');
    await expect(bus.fire(make('c1', 0), { expectedVersion: 0 })).rejects.toThrow(ConcurrencyError);
    expect(await bus.fire(make('c1', 1), { expectedVersion: 1 })).toMatchObject({ sequence: 2 });
  });
});
