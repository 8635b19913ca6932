import type { BatchObservableCallback, Meter } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { IsInt } from 'class-validator';
import { Event, Listeners, OnEvent } from 'nestjs-lightbus';
import { LightbusTelemetryModule } from 'nestjs-lightbus/telemetry';
import { ListenerMetrics } from '../../../lib/telemetry/listener-metrics.js';
import type { Stores } from '../../../lib/store/stores.js';
import { Stores as StoresToken } from '../../../lib/store/stores.js';
import { Sdk } from '../../support/open-telemetry.js';
import { waitFor } from '../../support/wait-for.js';
import { startInMemory } from '../listener/memory-application.js';

@Event('shop.orders.placed')
class OrderPlaced {
  @IsInt() n!: number;
}

@Event('shop.bills.sent')
class BillSent {
  @IsInt() n!: number;
}

@Injectable()
class Stock {
  fails = false;

  @OnEvent(OrderPlaced, {
    listenerName: 'stock',
    backoff: { initial: 60_000, max: 60_000, factor: 1 },
  })
  reserve(): void {
    if (this.fails) throw new Error('there is none');
  }

  @OnEvent([OrderPlaced, BillSent], { listenerName: 'books' })
  write(): void {}
}

let sdk: Sdk;
beforeAll(async () => {
  sdk = await Sdk.start();
});
afterAll(() => sdk.stop());

describe('listener metrics', () => {
  const parts = { events: [OrderPlaced, BillSent], providers: [Stock] };

  async function valueOf(name: string): Promise<Record<string, number>> {
    const points = (await sdk.collect()).get(name)?.points ?? [];
    return Object.fromEntries(
      points.map(({ value, attributes }) => [
        `${String(attributes['lightbus.listener.name'])} ${String(attributes['messaging.destination.name'])}`,
        value,
      ]),
    );
  }

  it('are not there where they are not wanted', async () => {
    const shop = await startInMemory({
      ...parts,
      imports: [LightbusTelemetryModule.forRoot({ listenerMetrics: false })],
    });
    expect(await valueOf('lightbus.listener.lag')).toEqual({});
    await shop.close();
  });

  it('say what fails, what is in hand and what is ahead, for each listener and stream', async () => {
    const shop = await startInMemory({
      ...parts,
      imports: [LightbusTelemetryModule.forRoot()],
    });
    shop.app.get(Stock).fails = true;
    for (const n of [1, 2, 3]) await shop.bus.fire(OrderPlaced, { n });
    await waitFor(() => shop.app.get(Listeners).list()[0]!.failing !== null);
    await waitFor(
      async () => (await valueOf('lightbus.listener.failing'))['stock shop.orders.*:stream'] === 1,
    );
    const [orders, bills] = ['shop.orders.*:stream', 'shop.bills.*:stream'];
    expect(await valueOf('lightbus.listener.failing')).toEqual({
      ...{ [`stock ${orders}`]: 1, [`books ${orders}`]: 0, [`books ${bills}`]: 0 },
    });
    const [lag, pending] = [
      await valueOf('lightbus.listener.lag'),
      await valueOf('lightbus.listener.pending'),
    ];
    expect(lag[`stock ${orders}`]! + pending[`stock ${orders}`]!).toBe(3);
    expect(Object.keys(await valueOf('lightbus.listener.oldest_pending_age'))).toContain(
      `stock ${orders}`,
    );
    await shop.close();
  });

  it('look at each stream once, for all listeners and all readers, and survive one that fails', async () => {
    const shop = await startInMemory(parts);
    const asked: string[] = [];
    const told: unknown[] = [];
    const stores = shop.app.get(StoresToken);
    const failing = {
      forApi: (apiName: string) => {
        const { store } = stores.forApi(apiName);
        return {
          store: {
            inspect: (stream: string, options: object) => {
              asked.push(stream);
              if (stream.includes('bills')) return Promise.reject(new Error('away'));
              return store.inspect(stream, options);
            },
          },
        };
      },
    } as unknown as Stores;
    let collect: BatchObservableCallback | undefined;
    const meter = {
      createObservableGauge: (name: string) => name,
      createObservableCounter: (name: string) => name,
      addBatchObservableCallback: (callback: BatchObservableCallback) => (collect = callback),
    } as unknown as Meter;
    new ListenerMetrics(meter, shop.app.get(Listeners), failing, (error) => told.push(error));
    const seen: string[] = [];
    const result = {
      observe: (name: unknown, _: number, attributes: object) =>
        seen.push(`${String(name)} ${Object.values(attributes).join(' ')}`),
    };
    await Promise.all([collect!(result as never), collect!(result as never)]);
    expect(asked.sort()).toEqual(['shop.bills.*:stream', 'shop.orders.*:stream']);
    expect(told).toEqual([new Error('away')]);
    // Two listeners on one stream, told to both readers.
    expect(seen.filter((line) => line.startsWith('lightbus.listener.lag'))).toHaveLength(4);
    await shop.close();
  });
});
