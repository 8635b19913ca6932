import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { IsInt, IsString } from 'class-validator';
import { Event, Listeners, OnEvent, type LightbusConfig } from 'nestjs-lightbus';
import { parse } from 'yaml';
import { startApplication } from '../../e2e/application.js';
import { startRedis } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';
import { commandsIn } from '../harness/commands.js';
import { page } from './what-may-arrive.js';

@Event('store.orders.placed')
class OrderPlaced {
  @IsString() orderId!: string;
  @IsInt() quantity!: number;
}

@Injectable()
class Stock {
  readonly given: OrderPlaced[] = [];

  @OnEvent(OrderPlaced, { listenerName: 'reserve_stock', onError: 'dead_letter' })
  reserve(event: OrderPlaced): void {
    this.given.push(event);
  }
}

describe('docs/what-may-arrive.md', () => {
  it('hands over what its example puts on the stream, with a warning, or sets it aside where that is asked for', async () => {
    const redis = await startRedis();
    const client = redis.client();
    const [words = []] = commandsIn(page.code('sh', 'redis-cli XADD'));
    const [, command = '', ...args] = words;
    await client.call(command, args);
    await client.call(command, args);

    const common = { url: redis.url, providers: [Stock] };
    const { app, logs } = await startApplication({ ...common, service: 'lenient' });
    const { given } = app.get(Stock);
    await waitFor(() => given.length === 2);
    expect(given[0]).toBeInstanceOf(OrderPlaced);
    expect(given[0]).toMatchObject({ orderId: 'o1', quantity: 'many' });
    const warnings = logs.filter((line) => line.includes('OrderPlaced.quantity was not cast'));
    expect(warnings).toHaveLength(2);

    const config = parse(page.code('yaml', 'incoming: true')) as LightbusConfig;
    const strict = await startApplication({
      ...{ ...common, service: 'strict', api: { ...config.apis?.default } },
    });
    const listeners = strict.app.get(Listeners);
    await waitFor(async () => {
      const letters = await Readable.from(listeners.deadLetters('reserve_stock')).toArray();
      return letters.length === 2;
    });
    expect(strict.app.get(Stock).given).toEqual([]);
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
