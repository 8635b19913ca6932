import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { EventRecorder, overrideLightbus } from 'nestjs-lightbus/testing';
import { AppModule } from '../src/app.module.js';
import { eventOf } from '../src/event-of.js';
import { sendBigIntsAsTexts } from '../src/json-integers.js';
import { OrderPlaced } from '../src/orders/order.events.js';

/** An HTTP answer, its body parsed. */
export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly body: T;
}

/** The whole store in this process, events in memory: requests, listeners, projections, timers. */
export class TestStore {
  private constructor(
    readonly app: NestExpressApplication,
    private readonly url: string,
    /** What has been fired, and what had happened before. */
    readonly recorder: EventRecorder,
  ) {}

  /** @param past events that had happened before the store was started. */
  static async start(past: object[] = []): Promise<TestStore> {
    const builder = Test.createTestingModule({ imports: [AppModule] });
    const module = await overrideLightbus(builder).compile();
    const app = module.createNestApplication<NestExpressApplication>({ logger: false });
    sendBigIntsAsTexts(app);
    const recorder = app.get(EventRecorder);
    await recorder.given(past);
    await app.listen(0, '127.0.0.1');
    return new TestStore(app, await app.getUrl(), recorder);
  }

  stop(): Promise<void> {
    return this.app.close();
  }

  async post(path: string, body: object = {}): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async get<T = Record<string, unknown>>(path: string): Promise<Answer<T>> {
    const response = await fetch(this.url + path);
    return { status: response.status, body: (await response.json()) as T };
  }
}

/** What a client posts to place an order of 25.00 and 3 x 1.99. */
export function orderOf(orderId?: string) {
  return {
    orderId,
    customer: 'ada@example.com',
    lines: [
      { sku: 'teapot', quantity: 2, priceCents: 1250 },
      { sku: 'tea', quantity: 3, priceCents: 199 },
    ],
  };
}

/** An order that was placed. */
export function placed(orderId: string): OrderPlaced {
  return eventOf(OrderPlaced, {
    ...orderOf(orderId),
    orderId,
    currency: 'EUR',
    placedAt: new Date(),
  });
}
