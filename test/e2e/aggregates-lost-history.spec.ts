import { expect, it } from '@jest/globals';
import { IsInt, IsString } from 'class-validator';
import { Aggregate, Aggregates, Apply, ConcurrencyError, Event, EventBus } from 'nestjs-lightbus';
import { startRedis } from '../support/redis-server.js';
import { startApplication } from './application.js';

@Event('attacked.counted', { key: 'counter' })
class Counted {
  @IsString() counter!: string;
  /** What the decision was made on. */
  @IsInt() on!: number;
  @IsString() last!: string;
}

@Aggregate({ events: [Counted], snapshotEvery: 7 })
class Counter {
  count = 0;
  last = '';
  @Apply(Counted) counted(event: Counted, { nativeId }: { nativeId: string }): void {
    this.count++;
    this.last = nativeId;
  }
}

const STREAM = 'attacked.*:stream';

it('decides anew where Redis was restarted without what was stored last', async () => {
  const redis = await startRedis();
  const { app } = await startApplication({
    ...{ url: redis.url, service: 'attacked', events: [Counted] },
  });
  const [aggregates, bus] = [app.get(Aggregates), app.get(EventBus)];
  const counted = (on: number, last: string) =>
    Object.assign(new Counted(), { counter: 'a', on, last });
  await bus.fireAll([counted(0, 'old'), counted(1, 'old')]);
  const seen: unknown[] = [];
  await aggregates.change(Counter, 'a', async ({ count, last }, { version }) => {
    seen.push([count, version]);
    if (seen.length === 1) {
      await redis.client().flushdb();
      await bus.fireAll([counted(0, 'new'), counted(1, 'new')]);
      await expect(bus.fire(counted(0, ''), { expectedVersion: 1 })).rejects.toBeInstanceOf(
        ConcurrencyError,
      );
    }
    return counted(version, last);
  });
  expect(seen).toEqual([
    [2, 2],
    [2, 2],
  ]);
  const last = (await redis.client().xrevrange(STREAM, '+', '-', 'COUNT', 2)).map(([id]) => id)[1];
  const { state } = await aggregates.load(Counter, 'a');
  expect(state.count).toBe(3);
  const [[, fields]] = (await redis.client().xrevrange(STREAM, '+', '-', 'COUNT', 1)) as [
    [string, string[]],
  ];
  expect(JSON.parse(fields[fields.indexOf(':last') + 1]!)).toBe(last);
});
