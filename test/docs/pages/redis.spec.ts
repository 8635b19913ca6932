import { describe, expect, it } from '@jest/globals';
import { IsInt, IsUUID } from 'class-validator';
import { Event } from 'nestjs-lightbus';
import { parse } from 'yaml';
import { resolveConfig } from '../../../lib/config/settings/resolve-config.js';
import type { LightbusConfig } from '../../../lib/index.js';
import { connectionOptions } from '../../../lib/redis/connection-options.js';
import { describePlace } from '../../../lib/redis/client-options.js';
import { startApplication, type ApplicationParts } from '../../e2e/application.js';
import { startRedis, type RedisServer } from '../../support/redis-server.js';
import { commandsIn } from '../harness/commands.js';
import { withoutVariableParts } from '../harness/printed.js';
import { page } from './redis.js';

@Event('memory.orders.placed')
class OrderPlaced {
  @IsUUID() orderId = '0b6f5c1e-8f2a-4c7e-9d3b-5a1e2f3c4d5e';
  @IsInt() quantity = 2;
}

/** What the start says of a Redis, and bytes of each event that is stored there. */
async function tryOut(redis: RedisServer, bus: ApplicationParts['bus']) {
  const app = await startApplication({
    ...{ url: redis.url, service: 'svc', events: [OrderPlaced], bus },
  });
  await app.bus.fireAll(Array.from({ length: 1_000 }, () => new OrderPlaced()));
  await app.close();
  const [, durability = ''] =
    app.logs.map((line) => /^\w+ (Durability of .*)/.exec(line)).find(Boolean) ?? [];
  const stream = 'memory.orders.*:stream';
  const bytes = Number(await redis.client().memory('USAGE', stream, 'SAMPLES', 0));
  return { durability, bytesPerEvent: bytes / 1_000 };
}

describe('docs/redis.md', () => {
  it('starts a Redis about which there is nothing to do, says what is wrong with another, and how much memory events take', async () => {
    const [[program, ...args] = []] = commandsIn(page.code('sh', 'redis-server'));
    expect(program).toBe('redis-server');
    const good = await tryOut(await startRedis({ args }), {});
    expect(good.durability).not.toMatch(/\((set|use|raise|see|connect)/);

    const bad = await tryOut(await startRedis(), { headers: false });
    const shown = page.code('text', 'Durability of');
    expect(withoutVariableParts(bad.durability)).toBe(withoutVariableParts(shown));

    const told = [...page.text.matchAll(/about (\d+)(?: bytes|, and| with)/g)].map(([, n]) => n);
    for (const [index, { bytesPerEvent }] of [bad, good].entries()) {
      expect(Math.abs(bytesPerEvent / Number(told[index]) - 1)).toBeLessThan(0.2);
    }
  });

  it('has configurations that are taken as they stand', async () => {
    const examples = parse(page.code('yaml', 'sentinels:')) as LightbusConfig;
    const config = await resolveConfig({ config: examples, features: [] }, {});
    expect(config.warnings).toEqual([]);
    const places = config.apiNames.map((name) =>
      describePlace(connectionOptions(config.apiConfig(name).event_transport)),
    );
    expect(places).toEqual([
      'redis://redis_host:6379/2',
      'rediss://redis_host:6380/0',
      'redis+sentinel://sentinel1:26379,sentinel2:26379/mymaster/2',
      'unix:///var/run/redis/redis.sock?db=2',
    ]);

    const durable = parse(page.code('yaml', 'require_durable')) as LightbusConfig;
    const { apiConfig } = await resolveConfig({ config: durable, features: [] }, {});
    expect(apiConfig('x').event_transport).toMatchObject({
      ...{ require_durable: true, min_replicas: 1 },
    });
  });

  it('renews passwords by a function', async () => {
    const { module } = await page.load<{ module(): () => Promise<object> }>('renewed.ts');
    await expect(module()()).resolves.toEqual({ username: 'app', password: 'token of redis' });
  });

  it('has no other code', () => {
    // The generated one, which test/e2e/least-privilege.spec.ts gives to Redis.
    expect(page.code('text', 'ACL SETUSER lightbus')).toContain('+xadd');
    expect(page.untaken()).toEqual([]);
  });
});
