import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IsInt } from 'class-validator';
import { Event, OnEvent } from 'nestjs-lightbus';
import { LightbusTelemetryModule } from 'nestjs-lightbus/telemetry';
import { Sdk } from '../support/open-telemetry.js';
import { startRedis } from '../support/redis-server.js';
import { startApplication } from './application.js';

@Event('shop.orders.placed')
class OrderPlaced {
  @IsInt() n!: number;
}

@Injectable()
class Stock {
  @OnEvent(OrderPlaced, { listenerName: 'stock' })
  reserve(): void {}
}

let sdk: Sdk;
beforeAll(async () => {
  sdk = await Sdk.start();
});
afterAll(() => sdk.stop());

describe('telemetry with a Redis that is away', () => {
  it('tells all that this process knows by itself, and of what could not be stored', async () => {
    const redis = await startRedis();
    const shop = await startApplication({
      ...{ url: redis.url, service: 'shop', events: [OrderPlaced], providers: [Stock] },
      api: { event_fire_timeout: 1 },
      imports: [LightbusTelemetryModule.forRoot()],
    });
    await shop.bus.fire(OrderPlaced, { n: 1 });
    await sdk.ended('process', 1);
    expect(await sdk.scrape()).toContain('lightbus_listener_lag{lightbus_listener_name="stock"');
    await redis.stop();
    await expect(shop.bus.fire(OrderPlaced, { n: 2 })).rejects.toThrow();

    const text = await sdk.scrape();
    expect(text).toMatch(/messaging_client_sent_messages_total\{[^}]*error_type="Publish\w*Error"/);
    expect(text).toContain('messaging_process_duration_count');
    const [failed] = sdk.spans('send').filter(({ attributes }) => 'error.type' in attributes);
    expect(failed!.attributes['error.type']).toMatch(/^Publish\w*Error$/);
    await shop.close();
  });
});
