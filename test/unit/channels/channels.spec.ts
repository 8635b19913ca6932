import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { Injectable } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ConcurrencyError,
  Event,
  EventBus,
  LIGHTBUS_CHANNELS,
  OnEvent,
  Project,
  type AttemptContext,
  type EventMessage,
  type FiringContext,
  type LightbusContext,
  type ProjectionContext,
  type RetryNotice,
  type SettlementContext,
} from 'nestjs-lightbus';
import { IsInt, IsString } from 'class-validator';
import { waitFor } from '../../support/wait-for.js';
import { startInMemory, type MemoryApplication } from '../listener/memory-application.js';

@Event('shop.orders.placed')
class OrderPlaced {
  @IsInt() n!: number;
}

@Event('shop.bills.sent')
class BillSent {
  @IsInt() n!: number;
}

@Event('shop.counters.counted', { key: 'key' })
class Counted {
  @IsString() key!: string;
}

const CONTEXT = new AsyncLocalStorage<unknown>();
let handle: (event: OrderPlaced, message: EventMessage<OrderPlaced>) => unknown;

@Injectable()
class Stock {
  constructor(readonly bus: EventBus) {}

  @OnEvent(OrderPlaced, {
    listenerName: 'stock',
    onError: 'dead_letter',
    maxAttempts: 2,
    backoff: { initial: 1, max: 1, factor: 1 },
  })
  reserve(event: OrderPlaced, message: EventMessage<OrderPlaced>): unknown {
    return handle(event, message);
  }
}

@Injectable()
class Sums {
  @Project(OrderPlaced)
  add(): void {}
}

type Kind = 'start' | 'end' | 'asyncStart' | 'asyncEnd' | 'error';

/** What a channel has told: kinds in order, with what was the outcome at that moment. */
class Watch<C extends LightbusContext & { readonly outcome?: string }> {
  readonly told: string[] = [];
  readonly contexts = new Set<C>();
  private readonly traced;
  private readonly subscribers;

  constructor(
    name: string,
    private readonly atStart: (context: C) => void = () => undefined,
  ) {
    this.traced = tracingChannel<unknown, C>(name);
    const tell = (kind: Kind) => (context: C) => {
      this.contexts.add(context);
      if (kind === 'start') this.atStart(context);
      this.told.push(`${kind} ${context.outcome}`);
    };
    this.subscribers = {
      start: tell('start'),
      end: tell('end'),
      asyncStart: tell('asyncStart'),
      asyncEnd: tell('asyncEnd'),
      error: tell('error'),
    };
    this.traced.subscribe(this.subscribers);
    ends.push(() => this.traced.unsubscribe(this.subscribers));
  }

  get all(): C[] {
    return [...this.contexts];
  }
}

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

describe('the channels', () => {
  let shop: MemoryApplication;

  beforeAll(async () => {
    shop = await startInMemory({
      events: [OrderPlaced, BillSent, Counted],
      providers: [Stock, Sums],
    });
  });

  beforeEach(() => {
    handle = () => undefined;
  });

  it('are named as documented', () => {
    expect(LIGHTBUS_CHANNELS).toEqual({
      fire: 'lightbus:fire',
      attempt: 'lightbus:attempt',
      project: 'lightbus:project',
      settle: 'lightbus:settle',
      retry: 'lightbus:retry',
      historyLost: 'lightbus:history-lost',
    });
  });

  it('tell of a firing: events, streams, sizes, and that they are stored', async () => {
    const watch = new Watch<FiringContext>('lightbus:fire', ({ events }) => {
      for (const event of events) {
        expect(event.nativeId).toBeUndefined();
        event.traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
      }
    });
    const [order, bill] = await shop.bus.fireAll([
      Object.assign(new OrderPlaced(), { n: 1 }),
      Object.assign(new BillSent(), { n: 2 }),
    ]);

    expect(watch.told).toEqual([
      'start undefined',
      'end undefined',
      'asyncStart stored',
      'asyncEnd stored',
    ]);
    const [context] = watch.all;
    expect(context).toMatchObject({ isTraceGiven: false, hasHeaders: true });
    expect(context!.events).toHaveLength(2);
    expect(context!.events[0]).toMatchObject({
      id: order!.id,
      nativeId: order!.nativeId,
      apiName: 'shop.orders',
      canonicalName: 'shop.orders.placed',
      version: 1,
      stream: 'shop.orders.*:stream',
    });
    expect(context!.events[1]).toMatchObject({ id: bill!.id, stream: 'shop.bills.*:stream' });
    // id, api_name, event_name, version, :n and the side field.
    expect(context!.events[0]!.bytes).toBeGreaterThan(100);
    expect(order!.traceparent).toBe(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`);
  });

  it('leave a trace that was given as it is', async () => {
    const given = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00`;
    const watch = new Watch<FiringContext>('lightbus:fire', ({ events }) => {
      for (const event of events) event.traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    });
    const byOption = await shop.bus.fire(OrderPlaced, { n: 1 }, { traceparent: given });
    const byHeader = await shop.bus.fire(
      OrderPlaced,
      { n: 1 },
      { headers: { traceparent: given } },
    );
    expect([byOption.traceparent, byHeader.traceparent]).toEqual([given, given]);
    expect(watch.all.map(({ isTraceGiven }) => isTraceGiven)).toEqual([true, true]);
  });

  it('tell of a firing that fails, and nothing of what could not be sent at all', async () => {
    const watch = new Watch<FiringContext>('lightbus:fire');
    await expect(shop.bus.fire(OrderPlaced, { n: 'one' } as never)).rejects.toMatchObject({
      code: 'LIGHTBUS_EVENT_VALIDATION',
    });
    expect(watch.told).toEqual([]);
    await expect(shop.bus.fireAll([])).resolves.toEqual([]);
    expect(watch.told).toEqual([]);
    const fired = shop.bus.fire(Counted, { key: 'a' }, { expectedVersion: 7 });
    await expect(fired).rejects.toBeInstanceOf(ConcurrencyError);
    expect(watch.told).toEqual([
      'start undefined',
      'end undefined',
      'error failed',
      'asyncStart failed',
      'asyncEnd failed',
    ]);
    expect(watch.all[0]!.error).toBeInstanceOf(ConcurrencyError);
  });

  it('tell of each attempt, in whose stores it runs, and of the retry', async () => {
    const retries: unknown[] = [];
    const note = (notice: unknown) => void retries.push(notice);
    subscribe('lightbus:retry', note);
    ends.push(() => unsubscribe('lightbus:retry', note));
    const start = tracingChannel<unknown, AttemptContext>('lightbus:attempt').start;
    start.bindStore(CONTEXT, ({ attempt }) => `attempt ${attempt}`);
    ends.push(() => start.unbindStore(CONTEXT));
    const seen: unknown[] = [];
    handle = async () => {
      await Promise.resolve();
      if (seen.push(CONTEXT.getStore()) === 1) throw new Error('no stock');
    };
    const watch = new Watch<AttemptContext>('lightbus:attempt');
    const fired = await shop.bus.fire(OrderPlaced, { n: 1 });
    await shop.whenHandled();

    expect(seen).toEqual(['attempt 1', 'attempt 2']);
    expect(CONTEXT.getStore()).toBeUndefined();
    expect(watch.told).toEqual([
      'start undefined',
      'end undefined',
      'error failed',
      'asyncStart failed',
      'asyncEnd failed',
      'start undefined',
      'end undefined',
      'asyncStart handled',
      'asyncEnd handled',
    ]);
    const [first, second] = watch.all;
    expect(first).toMatchObject({
      ...{ listener: 'stock', consumerGroup: 'service-stock', attempt: 1, isRetry: false },
      ...{ deliveryCount: 1, isRedelivery: false, isReplay: false, outcome: 'failed' },
      event: {
        ...{ id: fired.id, nativeId: fired.nativeId, stream: fired.stream, version: 1 },
        ...{ apiName: 'shop.orders', canonicalName: 'shop.orders.placed' },
        timestamp: fired.timestamp,
      },
      error: new Error('no stock'),
    });
    expect(first!.message?.payload).toEqual({ n: 1 });
    expect(first!.event.bytes).toBeGreaterThan(50);
    expect(second).toMatchObject({ attempt: 2, isRetry: true, outcome: 'handled' });
    expect(retries).toEqual([
      {
        application: first!.application,
        ...{ listener: 'stock', consumerGroup: 'service-stock', stream: fired.stream },
        ...{ nativeId: fired.nativeId, attempt: 1, error: new Error('no stock'), delayMs: 1 },
      } satisfies RetryNotice,
    ]);
  });

  it('tell without a wait of an attempt that has nothing to wait for', async () => {
    const watch = new Watch<AttemptContext>('lightbus:attempt');
    await shop.bus.fire(OrderPlaced, { n: 1 });
    await shop.whenHandled();
    expect(watch.told).toEqual(['start undefined', 'end handled']);
  });

  it('tell of acknowledgements and dead letters', async () => {
    const watch = new Watch<SettlementContext>('lightbus:settle');
    const handled = await shop.bus.fire(OrderPlaced, { n: 1 });
    await shop.whenHandled();
    handle = () => {
      throw new Error('never');
    };
    const failed = await shop.bus.fire(OrderPlaced, { n: 2 });
    await waitFor(() => watch.all.length === 2 && watch.all[1]!.outcome !== undefined);
    const place = {
      ...{ stream: handled.stream, consumerGroup: 'service-stock', consumer: 'worker' },
      outcome: 'settled',
    };
    expect(watch.all).toMatchObject([
      { kind: 'acknowledge', nativeIds: [handled.nativeId], notOurs: [], ...place },
      {
        ...{ kind: 'dead_letter', nativeIds: [failed.nativeId], notOurs: [], reason: 'failed' },
        ...{ deadLetterId: expect.stringMatching(/^\d+-\d+$/), ...place },
      },
    ]);
  });

  it('tell of what a projection is given', async () => {
    const watch = new Watch<ProjectionContext>('lightbus:project');
    const fired = await shop.bus.fire(OrderPlaced, { n: 1 });
    await waitFor(() => watch.told.includes('asyncEnd handled'));
    expect(watch.all[0]).toMatchObject({ projection: 'Sums', message: { id: fired.id } });
  });

  it('tell two applications of one process apart', async () => {
    const other = await startInMemory({ events: [OrderPlaced] });
    const watch = new Watch<FiringContext>('lightbus:fire');
    await shop.bus.fire(OrderPlaced, { n: 1 });
    await other.bus.fire(OrderPlaced, { n: 1 });
    await shop.bus.fire(OrderPlaced, { n: 1 });
    const [first, second, third] = watch.all.map(({ application }) => application);
    expect(first).toBe(third);
    expect(first).not.toBe(second);
    await other.close();
  });
});
