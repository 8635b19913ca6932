import { Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { DiagLogLevel, diag, type Span, type TracerProvider } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { IsInt } from 'class-validator';
import { Event, OnEvent } from 'nestjs-lightbus';
import { LightbusTelemetryModule } from 'nestjs-lightbus/telemetry';
import { startInMemory, type MemoryApplication } from '../listener/memory-application.js';

@Event('shop.orders.placed')
class OrderPlaced {
  @IsInt() n!: number;
}

@Injectable()
class Stock {
  readonly handled: number[] = [];

  @OnEvent(OrderPlaced, { listenerName: 'stock' })
  async reserve({ n }: OrderPlaced): Promise<void> {
    await Promise.resolve();
    this.handled.push(n);
  }
}

function start(tracerProvider: TracerProvider): Promise<MemoryApplication> {
  return startInMemory({
    events: [OrderPlaced],
    providers: [Stock],
    imports: [LightbusTelemetryModule.forRoot({ tracerProvider, messageSizes: true })],
  });
}

const order = (n: number) => Object.assign(new OrderPlaced(), { n });

/** All of these are stored, and handled once, in order. */
async function expectAllHandled(shop: MemoryApplication): Promise<void> {
  await shop.bus.fire(OrderPlaced, { n: 1 });
  await shop.bus.fireAll([order(2), order(3)]);
  await shop.bus.fire(OrderPlaced, { n: 4 });
  await shop.whenHandled();
  expect(shop.app.get(Stock).handled).toEqual([1, 2, 3, 4]);
}

const nothing = async () => undefined;
const processor = (parts: Partial<SpanProcessor>): SpanProcessor => ({
  ...{ onStart: () => undefined, onEnd: () => undefined },
  ...{ forceFlush: nothing, shutdown: nothing, ...parts },
});
const broken = () => {
  throw new Error('broken');
};

describe('an SDK that throws', () => {
  afterEach(() => diag.disable());

  it.each<[string, () => TracerProvider]>([
    ['when a span begins', () => provider(processor({ onStart: broken }))],
    ['when a span ends', () => provider(processor({ onEnd: broken }))],
    [
      'when it exports',
      () => provider(new SimpleSpanProcessor({ export: broken, shutdown: nothing })),
    ],
    ['when it is asked for a span', () => ({ getTracer: () => tracerOf(broken) })],
    ['whatever a span is asked for', () => ({ getTracer: () => tracerOf(() => brokenSpan()) })],
  ])('%s loses no event, and does not end the process', async (_, create) => {
    const uncaught = jest.fn();
    const shop = await start(create());
    process.on('uncaughtException', uncaught);
    await expectAllHandled(shop);
    await shop.close();
    process.off('uncaughtException', uncaught);
    expect(uncaught).not.toHaveBeenCalled();
  });

  it('in its own log as well', async () => {
    diag.setLogger(
      { error: broken, warn: broken, info: broken, debug: broken, verbose: broken },
      { logLevel: DiagLogLevel.ERROR },
    );
    const shop = await start({ getTracer: () => tracerOf(broken) });
    await expectAllHandled(shop);
    await shop.close();
  });

  it('or is shut down', async () => {
    const sdk = new BasicTracerProvider();
    const shop = await start(sdk);
    await sdk.shutdown();
    await expectAllHandled(shop);
    await shop.close();
  });

  function provider(...spanProcessors: SpanProcessor[]): TracerProvider {
    return new BasicTracerProvider({ spanProcessors });
  }

  function tracerOf(startSpan: () => Span) {
    return { startSpan, startActiveSpan: broken };
  }

  function brokenSpan(): Span {
    return new Proxy({} as Span, { get: () => broken });
  }
});
