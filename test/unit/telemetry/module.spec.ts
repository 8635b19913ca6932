import { tracingChannel } from 'node:diagnostics_channel';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { IsInt } from 'class-validator';
import { Event, LIGHTBUS_CHANNELS, OnEvent } from 'nestjs-lightbus';
import { LightbusTelemetryModule } from 'nestjs-lightbus/telemetry';
import { errorTypeOf } from '../../../lib/telemetry/attributes.js';
import { HandledMessages } from '../../../lib/telemetry/handled-messages.js';
import { requireOpenTelemetry } from '../../../lib/telemetry/open-telemetry.js';
import { telemetrySettings } from '../../../lib/telemetry/telemetry-options.js';
import { spanContextOf, storeSpanContext } from '../../../lib/telemetry/trace-context.js';
import { waitFor } from '../../support/wait-for.js';
import { startInMemory } from '../listener/memory-application.js';

@Event('shop.orders.placed')
class OrderPlaced {
  @IsInt() n!: number;
}

@Injectable()
class Stock {
  handled = 0;

  @OnEvent(OrderPlaced, { listenerName: 'stock' })
  reserve(): void {
    this.handled += 1;
  }
}

@Injectable()
class SecondStock {
  @OnEvent(OrderPlaced, { listenerName: 'stock' })
  reserve(): void {}
}

@Injectable()
class Hung {
  called = 0;

  @OnEvent(OrderPlaced, { listenerName: 'hung' })
  reserve(): Promise<void> {
    this.called += 1;
    return new Promise(() => undefined);
  }
}

/** What the import gives. */
const NOT_INSTALLED = null as never;
const IN_MEMORY = { event_transport: { memory: {} } };
const parts = { events: [OrderPlaced], providers: [Stock] };
const isWatched = () =>
  [LIGHTBUS_CHANNELS.fire, LIGHTBUS_CHANNELS.attempt, LIGHTBUS_CHANNELS.settle].map(
    (name) => tracingChannel(name).hasSubscribers,
  );

describe('LightbusTelemetryModule', () => {
  it('breaks nothing where no SDK is registered, and leaves the trace that is carried on', async () => {
    const imports = [LightbusTelemetryModule.forRoot()];
    const shop = await startInMemory({ ...parts, imports });
    const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    const fired = await shop.bus.fire(OrderPlaced, { n: 1 }, { traceparent });
    const other = await shop.bus.fire(OrderPlaced, { n: 1 });
    const many = await shop.bus.fireAll([1, 2].map((n) => Object.assign(new OrderPlaced(), { n })));
    await shop.whenHandled();
    expect(shop.app.get(Stock).handled).toBe(4);
    expect([fired.traceparent, other.traceparent]).toEqual([traceparent, undefined]);
    expect(many.map((message) => message.traceparent)).toEqual([undefined, undefined]);
    await shop.close();
  });

  it('leaves nothing behind when the application is closed', async () => {
    expect(isWatched()).toEqual([false, false, false]);
    const imports = [LightbusTelemetryModule.forRoot()];
    const shop = await startInMemory({ ...parts, imports });
    expect(isWatched()).toEqual([true, true, true]);
    await shop.bus.fire(OrderPlaced, { n: 1 });
    await shop.whenHandled();
    await shop.close();
    expect(isWatched()).toEqual([false, false, false]);
  });

  it('leaves nothing behind where a handler does not return', async () => {
    const exporter = new InMemorySpanExporter();
    const tracerProvider = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    const shop = await startInMemory({
      events: [OrderPlaced],
      providers: [Hung],
      imports: [LightbusTelemetryModule.forRoot({ tracerProvider })],
      options: { config: { bus: { shutdown_timeout: 0 }, apis: { default: IN_MEMORY } } },
    });
    await shop.bus.fire(OrderPlaced, { n: 1 });
    await waitFor(() => shop.app.get(Hung).called === 1);
    await shop.close();
    expect(isWatched()).toEqual([false, false, false]);
    const [span] = exporter.getFinishedSpans().filter(({ name }) => name.startsWith('process'));
    expect(span!.attributes).toMatchObject({ 'lightbus.outcome': 'abandoned' });
  });

  it('leaves nothing behind where the application fails to start', async () => {
    const imports = [LightbusTelemetryModule.forRoot()];
    const starting = startInMemory({ ...parts, imports, providers: [Stock, SecondStock] });
    await expect(starting).rejects.toThrow("'stock'");
    expect(isWatched()).toEqual([false, false, false]);
  });

  it('is refused twice, and without a bus', async () => {
    const imports = [LightbusTelemetryModule.forRoot(), LightbusTelemetryModule.forRoot()];
    await expect(startInMemory({ ...parts, imports })).rejects.toThrow('imported more than once');
    expect(isWatched()).toEqual([false, false, false]);
    @Module({ imports: [LightbusTelemetryModule.forRoot()] })
    class Alone {}
    const options = { logger: false as const, abortOnError: false };
    await expect(NestFactory.createApplicationContext(Alone, options)).rejects.toThrow(
      'Import LightbusModule.forRoot(), too',
    );
  });

  it('says what is missing where @opentelemetry/api is not installed', () => {
    expect(() => requireOpenTelemetry(NOT_INSTALLED)).toThrow('npm install @opentelemetry/api');
  });

  it('refuses options that it does not know, or that can not be', () => {
    const refused = (options: object) => () => LightbusTelemetryModule.forRoot(options);
    expect(refused({ parents: true })).toThrow("has no option 'parents'");
    expect(refused({ parent: 'yes' })).toThrow("'parent'");
    expect(refused({ parentWithinMs: -1 })).toThrow("'parentWithinMs'");
    expect(refused({ tracerProvider: {} })).toThrow("a method 'getTracer'");
    expect(telemetrySettings(undefined)).toEqual({
      ...{ parent: false, parentWithinMs: 60_000, createSpans: true, messageSizes: false },
      ...{ listenerMetrics: true, tracerProvider: undefined, meterProvider: undefined },
    });
  });
});

describe('what an entry says of a trace', () => {
  const api = requireOpenTelemetry();

  it('is read as it is written', () => {
    const context = {
      ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 },
      traceState: api.createTraceState('vendor=1'),
    };
    const entry: { traceparent?: string; tracestate?: string } = {};
    storeSpanContext(api, context, entry);
    expect(entry).toEqual({
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      tracestate: 'vendor=1',
    });
    const { traceState, ...read } = spanContextOf(api, entry)!;
    expect(read).toEqual({ ...context, traceState: undefined, isRemote: true });
    expect(traceState?.serialize()).toBe('vendor=1');
  });

  it.each([
    undefined,
    '',
    'x',
    `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`,
    `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01x`,
  ])('is no span where it is %j', (traceparent) => {
    expect(spanContextOf(api, { traceparent })).toBeUndefined();
  });

  it('is left as it is by what is no span', () => {
    const entry = { traceparent: 'as it was' };
    storeSpanContext(api, api.INVALID_SPAN_CONTEXT, entry);
    expect(entry).toEqual({ traceparent: 'as it was' });
  });
});

describe('the type of an error', () => {
  class Refused extends Error {}
  const hostile = new Proxy(new Error('x'), {
    get() {
      throw new Error('hostile');
    },
    getPrototypeOf() {
      throw new Error('hostile');
    },
  });

  it.each([
    [new Refused('x'), 'Refused'],
    [new TypeError('x'), 'TypeError'],
    [Object.assign(new Error('x'), { name: 'order 4711 is refused' }), 'Error'],
    ['text', '_OTHER'],
    [undefined, '_OTHER'],
    [{ constructor: { name: 'order 4711' } }, '_OTHER'],
    [hostile, '_OTHER'],
  ])('%#', (error, type) => {
    expect(errorTypeOf(error)).toBe(type);
  });
});

describe('what is handled and never settled', () => {
  it('is forgotten, the oldest first', () => {
    const handled = new HandledMessages();
    const message = { id: 'id', process: {} as never, creation: undefined };
    const place = (n: number) => ({ stream: 's', consumerGroup: 'g', nativeId: `${n}-0` });
    for (let n = 0; n < 10_005; n++) handled.add(place(n), message);
    expect([handled.get(place(4)), handled.get(place(5))]).toEqual([undefined, message]);
    handled.delete(place(5));
    expect(handled.get(place(5))).toBeUndefined();
  });
});
