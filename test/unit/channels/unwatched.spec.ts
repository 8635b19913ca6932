import { tracingChannel } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { LIGHTBUS_CHANNELS } from 'nestjs-lightbus';
import { fillListenerOptions } from '../../../lib/config/options/listener.options.js';
import { EventProcessor, type ProcessorParts } from '../../../lib/handling/event-processor.js';
import { WorkState } from '../../../lib/handling/work-state.js';
import type { Delivery } from '../../../lib/reading/delivery.js';
import { serialize } from '../../../lib/wire/by-field.js';
import { noSchemas } from '../../support/no-schemas.js';

describe('a listener that nobody watches', () => {
  /** How often a context was made: each says which application it is of. */
  let made = 0;

  function process(invoke: () => Promise<void> | undefined): Promise<void> | undefined {
    const settings = { cast_values: true, validate: { incoming: false } };
    const parts = {
      listener: {
        name: 'stock',
        place: 'Stock.reserve (StockModule)',
        selections: [{ apiName: 'shop.orders', eventName: 'placed', type: undefined }],
        registry: { typeOf: () => undefined },
        options: fillListenerOptions({}),
        invoke,
      },
      schemas: noSchemas(),
      stores: {
        get holder() {
          made += 1;
          return { token: 'application' };
        },
        forApi: () => ({ settings }),
      },
      work: new WorkState(),
      entries: { acknowledge: () => undefined },
      stopping: new AbortController().signal,
    } as unknown as ProcessorParts;
    const event = { id: 'id', apiName: 'shop.orders', eventName: 'placed', version: 1 };
    const delivery: Delivery = {
      streamApi: 'shop.orders',
      stream: 'shop.orders.*:stream',
      nativeId: '1-1',
      consumerGroup: 'shop-stock',
      deliveryCount: 1,
      attempts: 0,
      fields: serialize({ ...event, parameters: { n: 1 } }),
      signal: new AbortController().signal,
      isStopped: false,
    };
    return new EventProcessor(parts).process(delivery);
  }

  it('makes nothing to be told, and waits for nothing', async () => {
    expect(process(() => undefined)).toBeUndefined();
    await process(() => Promise.resolve());
    expect(made).toBe(0);
  });

  it('waits for nothing, either, where it is watched', () => {
    const told: unknown[] = [];
    const note = () => told.push(1);
    const subscribers = { start: note, end: note, asyncStart: note, asyncEnd: note, error: note };
    const watched = tracingChannel(LIGHTBUS_CHANNELS.attempt);
    watched.subscribe(subscribers);
    expect(process(() => undefined)).toBeUndefined();
    watched.unsubscribe(subscribers);
    expect([made, told.length]).toEqual([1, 2]);
    expect(process(() => undefined)).toBeUndefined();
    expect([made, told.length]).toEqual([1, 2]);
  });
});
