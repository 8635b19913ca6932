import type { INestApplication, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from '../../sample-app/src/app.module.js';
import { sendBigIntsAsTexts } from '../../sample-app/src/json-integers.js';
import type { OrderSummary } from '../../sample-app/src/orders/order-list.js';
import { owned } from '../support/owned.js';
import { waitFor } from '../support/wait-for.js';

/** An HTTP answer, its body parsed. */
export interface Answer<T = Record<string, unknown>> {
  status: number;
  body: T;
}

/** The sample application, run in this process as `main.ts` does, on a port of its own. */
export class Store {
  private constructor(
    private readonly app: INestApplication,
    private readonly url: string,
    /** What has been logged: `[context] message`. */
    readonly logs: readonly string[],
  ) {}

  static async start(redisUrl: string): Promise<Store> {
    process.env.REDIS_URL = redisUrl;
    const logs: string[] = [];
    const app = await NestFactory.create<NestExpressApplication>(AppModule, {
      logger: recordTo(logs),
      abortOnError: false,
    });
    sendBigIntsAsTexts(app);
    await app.listen(0, '127.0.0.1');
    owned().onEnd(() => app.close());
    return new Store(app, await app.getUrl(), logs);
  }

  async stop(): Promise<void> {
    await this.app.close();
  }

  async post(path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async get<T = Record<string, unknown>>(path: string): Promise<Answer<T>> {
    const response = await fetch(this.url + path);
    return { status: response.status, body: (await response.json()) as T };
  }

  /** Places an order that is expected to be accepted. */
  async place(orderId: string): Promise<void> {
    const { status, body } = await this.post('/orders', orderOf(orderId));
    if (status !== 201) throw new Error(`POST /orders: ${status} ${JSON.stringify(body)}`);
  }

  /** Waits until `GET /orders` tells this status of an order. */
  async whenListed(orderId: string, status: string): Promise<void> {
    await waitFor(
      async () => {
        const { body } = await this.get<OrderSummary[]>('/orders');
        return body.some((order) => order.orderId === orderId && order.status === status);
      },
      { message: `${orderId} to be listed as ${status}` },
    );
  }

  /** Waits until a line has been logged. */
  async whenLogged(line: string): Promise<void> {
    await waitFor(() => this.logs.includes(line), { message: `the log line '${line}'` });
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

function recordTo(lines: string[]): LoggerService {
  const record = (message: unknown, ...rest: unknown[]): void => {
    lines.push(`[${String(rest.at(-1))}] ${String(message)}`);
  };
  return { log: record, warn: record, error: record, fatal: record };
}
