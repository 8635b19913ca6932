import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { IsInt, IsString } from 'class-validator';
import { Event, OnEvent } from 'nestjs-lightbus';
import { startApplication } from '../../e2e/application.js';
import { configFor } from '../../e2e/cli-process.js';
import { startRedis } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';
import { commandsIn, runLightbus } from '../harness/commands.js';
import { page } from './concepts.js';

@Event('store.orders.placed', { key: 'orderId' })
class OrderPlaced {
  @IsString() orderId!: string;
  @IsInt() quantity!: number;
}

@Injectable()
class Stock {
  handled = 0;

  @OnEvent(OrderPlaced, { listenerName: 'reserve_stock' })
  reserve(): void {
    this.handled++;
  }
}

describe('docs/concepts.md', () => {
  it('names what lies on Redis, and looks at it by commands that work', async () => {
    const redis = await startRedis();
    const { app, bus } = await startApplication({
      ...{ url: redis.url, service: 'store', process: 'worker1' },
      ...{ events: [OrderPlaced], providers: [Stock] },
    });
    await bus.fire(OrderPlaced, { orderId: 'o1', quantity: 2 });
    await waitFor(() => app.get(Stock).handled === 1);

    const [inspect = [], status = [], range = [], groups = []] = commandsIn(
      page.code('sh', 'XINFO GROUPS'),
    );
    const env = { LIGHTBUS_CONFIG: configFor(redis.url) };
    const [inspected, told] = await Promise.all([
      runLightbus(inspect, { env }),
      runLightbus(status, { env }),
    ]);
    expect(JSON.parse(inspected.stdout)).toMatchObject({ payload: { orderId: 'o1' } });
    expect(told).toMatchObject({ code: 0, stdout: expect.stringContaining('reserve_stock') });

    const client = redis.client();
    const [, rangeCommand = '', ...rangeArgs] = range;
    const [[, fields]] = (await client.call(rangeCommand, rangeArgs)) as [[string, string[]]];
    const names = fields.filter((_, i) => i % 2 === 0);
    expect(names).toEqual(
      expect.arrayContaining(['id', 'api_name', 'event_name', 'version', ':orderId', '']),
    );
    for (const name of names.filter((one) => one !== '' && one !== ':quantity')) {
      expect(page.text).toContain(`\`${name}\``);
    }
    const [, groupsCommand = '', ...groupsArgs] = groups;
    const [group] = (await client.call(groupsCommand, groupsArgs)) as string[][];
    const drawn = page.code('text', 'group store-reserve_stock');
    expect(drawn).toContain(`group ${group?.[1]}`);
    expect(drawn).toContain(rangeArgs[0]);
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
