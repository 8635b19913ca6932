import { SpanStatusCode, trace } from '@opentelemetry/api';
import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { IsInt } from 'class-validator';
import { Event, EventBus, Listeners, OnEvent, type EventMessage } from 'nestjs-lightbus';
import { LightbusTelemetryModule } from 'nestjs-lightbus/telemetry';
import { waitFor } from '../../support/wait-for.js';
import { startInMemory, type MemoryApplication } from '../listener/memory-application.js';
import { ids, kindOf, linksOf, Sdk } from '../../support/open-telemetry.js';

@Event('shop.orders.placed')
class OrderPlaced {
  @IsInt() n!: number;
}

@Event('shop.bills.sent')
class BillSent {
  @IsInt() n!: number;
}

let handle: (event: OrderPlaced, message: EventMessage<OrderPlaced>) => unknown;

@Injectable()
class Stock {
  constructor(private readonly bus: EventBus) {}

  @OnEvent(OrderPlaced, {
    listenerName: 'stock',
    onError: 'dead_letter',
    maxAttempts: 2,
    backoff: { initial: 1, max: 1, factor: 1 },
  })
  async reserve(event: OrderPlaced, message: EventMessage<OrderPlaced>): Promise<void> {
    await handle(event, message);
  }

  /** Fires in the handler. */
  bill = (): Promise<unknown> => this.bus.fire(BillSent, { n: 1 });
}

class NoStock extends Error {}

const ORDERS = 'shop.orders.*:stream';

let sdk: Sdk;
beforeAll(async () => {
  sdk = await Sdk.start();
});
afterAll(() => sdk.stop());

beforeEach(() => {
  handle = () => undefined;
  sdk.reset();
});

function start(options?: Parameters<typeof LightbusTelemetryModule.forRoot>[0]) {
  return startInMemory({
    events: [OrderPlaced, BillSent],
    providers: [Stock],
    imports: [LightbusTelemetryModule.forRoot(options)],
  });
}

describe('spans', () => {
  let shop: MemoryApplication;

  beforeAll(async () => {
    shop = await start();
  });
  afterAll(() => shop.close());

  it('link the handler of an event to where it was fired', async () => {
    const tracer = trace.getTracer('test');
    const fired = await tracer.startActiveSpan('request', async (span) => {
      const message = await shop.bus.fire(OrderPlaced, { n: 1 });
      span.end();
      return message;
    });
    const [settle] = await sdk.ended('settle', 1);
    const [request] = sdk.spans('request');
    const [send] = sdk.spans('send');
    const [process] = sdk.spans('process');

    expect([send!.name, process!.name, settle!.name]).toEqual([
      ...[`send ${ORDERS}`, `process ${ORDERS}`, `settle ${ORDERS}`],
    ]);
    expect([kindOf(send!), kindOf(process!), kindOf(settle!)]).toEqual([
      ...['PRODUCER', 'CONSUMER', 'CLIENT'],
    ]);
    expect(send!.parentSpanContext).toMatchObject(ids(request!));
    expect(fired.traceparent).toBe(`00-${ids(send!).traceId}-${ids(send!).spanId}-01`);
    expect(process!.parentSpanContext).toBeUndefined();
    expect(linksOf(process!)).toEqual([ids(send!)]);
    expect(settle!.parentSpanContext).toMatchObject(ids(process!));
    expect(linksOf(settle!)).toEqual([ids(send!)]);
  });

  it('are the parents of what a handler fires and does', async () => {
    handle = async () => {
      trace.getTracer('test').startSpan('query').end();
      await shop.app.get(Stock).bill();
    };
    await shop.bus.fire(OrderPlaced, { n: 1 });
    const sends = await sdk.ended('send', 2);
    const [process] = await sdk.ended('process', 1);
    const bill = sends.find(({ name }) => name.includes('bills'));
    expect(bill!.parentSpanContext).toMatchObject(ids(process!));
    expect(sdk.spans('query')[0]!.parentSpanContext).toMatchObject(ids(process!));
  });

  it('are one for each attempt, and say what failed', async () => {
    handle = () => {
      throw new NoStock('there is none');
    };
    const fired = await shop.bus.fire(OrderPlaced, { n: 1 });
    const [settle] = await sdk.ended('settle', 1);
    const attempts = sdk.spans('process');
    expect(attempts).toHaveLength(2);
    for (const [i, span] of attempts.entries()) {
      expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'there is none' });
      expect(span.attributes).toMatchObject({
        'error.type': 'NoStock',
        'messaging.message.id': fired.id,
        'lightbus.attempt': i + 1,
        'lightbus.outcome': 'failed',
      });
      expect(span.events[0]).toMatchObject({
        name: 'exception',
        attributes: { 'exception.type': 'NoStock', 'exception.message': 'there is none' },
      });
    }
    expect(settle!.attributes).toMatchObject({
      'lightbus.settlement': 'dead_letter',
      'messaging.message.id': fired.id,
    });
    expect(settle!.status.code).toBe(SpanStatusCode.UNSET);
  });

  it('say of a firing that failed why it did', async () => {
    const firing = shop.bus.fire(OrderPlaced, { n: 1 }, { expectedVersion: 1 });
    await expect(firing).rejects.toThrow();
    const [send] = await sdk.ended('send', 1);
    expect(send!.status.code).toBe(SpanStatusCode.ERROR);
    expect(send!.attributes['error.type']).toBe('InvalidOptionsError');
  });

  it('create one span for each event of several, to which each handler is linked', async () => {
    const messages = await shop.bus.fireAll([
      Object.assign(new OrderPlaced(), { n: 1 }),
      Object.assign(new OrderPlaced(), { n: 2 }),
      Object.assign(new BillSent(), { n: 3 }),
    ]);
    const processes = await sdk.ended('process', 2);
    const [[send], creates] = [sdk.spans('send'), sdk.spans('create')];

    expect(creates.map(({ name }) => name)).toEqual([
      ...[`create ${ORDERS}`, `create ${ORDERS}`, 'create shop.bills.*:stream'],
    ]);
    expect(creates.map(kindOf)).toEqual(['PRODUCER', 'PRODUCER', 'PRODUCER']);
    // Of two streams.
    expect([send!.name, kindOf(send!)]).toEqual(['send', 'CLIENT']);
    expect(send!.attributes).toMatchObject({ 'messaging.batch.message_count': 3 });
    expect(send!.attributes).not.toHaveProperty('messaging.message.id');
    expect(linksOf(send!)).toEqual(creates.map(ids));
    expect(send!.links.map(({ attributes }) => attributes)).toEqual(
      messages.map(({ id, stream }) => ({
        'messaging.message.id': id,
        'messaging.destination.name': stream,
      })),
    );
    expect(processes.map(linksOf)).toEqual([[ids(creates[0]!)], [ids(creates[1]!)]]);
  });

  it('leave the trace that a caller gives, and are linked to it', async () => {
    const [traceId, spanId] = ['1'.repeat(32), '2'.repeat(16)];
    const traceparent = `00-${traceId}-${spanId}-01`;
    const fired = await shop.bus.fire(OrderPlaced, { n: 1 }, { traceparent, tracestate: 'a=b' });
    const [process] = await sdk.ended('process', 1);
    const [send] = sdk.spans('send');
    expect(fired).toMatchObject({ traceparent, tracestate: 'a=b' });
    expect(kindOf(send!)).toBe('CLIENT');
    expect(linksOf(send!)).toEqual([{ traceId, spanId }]);
    expect(linksOf(process!)).toEqual([{ traceId, spanId }]);
    expect(process!.links[0]!.context.traceState?.serialize()).toBe('a=b');
  });

  it('settle many at once where many were handled at once', async () => {
    const events = Array.from({ length: 20 }, (_, n) => Object.assign(new OrderPlaced(), { n }));
    await shop.bus.fireAll(events);
    await sdk.ended('process', 20);
    await shop.whenHandled();
    const settled = () =>
      sdk
        .spans('settle')
        .map(({ attributes }) => Number(attributes['messaging.batch.message_count'] ?? 1))
        .reduce((sum, count) => sum + count, 0);
    await waitFor(() => settled() === 20);
    for (const span of sdk.spans('settle')) {
      const count = Number(span.attributes['messaging.batch.message_count'] ?? 1);
      expect(span.links).toHaveLength(count);
      if (count > 1) expect(span.parentSpanContext).toBeUndefined();
    }
  });
});

describe('a process span that is to be a child', () => {
  it('is one of the span that its event was fired in, and linked to it', async () => {
    const shop = await start({ parent: true });
    await shop.bus.fire(OrderPlaced, { n: 1 });
    const [process] = await sdk.ended('process', 1);
    const [send] = sdk.spans('send');
    expect(process!.parentSpanContext).toMatchObject(ids(send!));
    expect(linksOf(process!)).toEqual([ids(send!)]);
    expect(process!.attributes['lightbus.replay']).toBe(false);
    await shop.close();
  });

  it('is none where the event is driven again from the dead letters', async () => {
    const shop = await start({ parent: true });
    handle = () => {
      throw new NoStock();
    };
    await shop.bus.fire(OrderPlaced, { n: 1 });
    await sdk.ended('process', 2);
    expect(sdk.spans('process').map(({ attributes }) => attributes['lightbus.replay'])).toEqual([
      ...[false, false],
    ]);
    handle = () => undefined;
    await waitFor(async () => (await shop.app.get(Listeners).redrive('stock')) === 1);
    const [, , again] = await sdk.ended('process', 3);
    const [send] = sdk.spans('send');
    expect(again!.attributes['lightbus.replay']).toBe(true);
    expect(again!.parentSpanContext).toBeUndefined();
    expect(linksOf(again!)).toEqual([ids(send!)]);
    await shop.close();
  });

  it('is none where the event was stored long ago', async () => {
    const shop = await start({ parent: true, parentWithinMs: 0 });
    handle = async () => {
      // The next attempt is not made in the millisecond of the event.
      throw new NoStock();
    };
    await shop.bus.fire(OrderPlaced, { n: 1 });
    const [, second] = await sdk.ended('process', 2);
    const [send] = sdk.spans('send');
    expect(second!.parentSpanContext).toBeUndefined();
    expect(linksOf(second!)).toEqual([ids(send!)]);
    await shop.close();
  });
});

describe('without create spans', () => {
  it('all events of a fireAll are linked to the one send span', async () => {
    const shop = await start({ createSpans: false, messageSizes: true });
    const events = [1, 2].map((n) => Object.assign(new OrderPlaced(), { n }));
    await shop.bus.fireAll(events);
    const processes = await sdk.ended('process', 2);
    const [send] = sdk.spans('send');
    expect(sdk.spans('create')).toEqual([]);
    expect([send!.name, kindOf(send!)]).toEqual([`send ${ORDERS}`, 'PRODUCER']);
    expect(processes.map(linksOf)).toEqual([[ids(send!)], [ids(send!)]]);
    expect(processes[0]!.attributes['messaging.message.envelope.size']).toBeGreaterThan(100);
    await shop.close();
  });
});

describe('sizes', () => {
  it('are of the entry as it is stored, its trace included', async () => {
    const shop = await start({ messageSizes: true });
    await shop.bus.fire(OrderPlaced, { n: 1 });
    await shop.bus.fireAll([2, 3].map((n) => Object.assign(new OrderPlaced(), { n })));
    await sdk.ended('process', 3);
    const sizes = (operation: string) =>
      sdk
        .spans(operation)
        .map(({ attributes }) => attributes['messaging.message.envelope.size'])
        .filter((size) => size !== undefined);
    expect(sizes('process')).toHaveLength(3);
    expect([...sizes('send'), ...sizes('create')]).toEqual(sizes('process'));
    await shop.close();
  });
});

describe('two applications in one process', () => {
  it('tell each of itself alone, and nothing once they are closed', async () => {
    const [one, other] = [await start(), await start()];
    const silent = await startInMemory({ events: [OrderPlaced] });
    await one.bus.fire(OrderPlaced, { n: 1 });
    await silent.bus.fire(OrderPlaced, { n: 2 });
    await sdk.ended('process', 1);
    expect(sdk.spans('send')).toHaveLength(1);
    await one.close();
    sdk.reset();
    await other.bus.fire(OrderPlaced, { n: 3 });
    await sdk.ended('process', 1);
    expect(sdk.spans('send')).toHaveLength(1);
    await other.close();
  });
});
