import { describe, expect, it } from '@jest/globals';
import { Injectable, type Type } from '@nestjs/common';
import { Event, EventBus, OnEvent, type EventMessage } from 'nestjs-lightbus';
import { startApplication } from '../../e2e/application.js';
import { configFor } from '../../e2e/cli-process.js';
import { startRedis } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';
import { runLightbus } from '../harness/commands.js';
import { withoutVariableParts } from '../harness/printed.js';
import { page } from './headers.js';

interface Checkout {
  place(payload: object, request: object): Promise<Date | undefined>;
}

@Event('store.stock.reserved')
class StockReserved {}

@Event('store.mail.sent')
class MailSent {}

@Event('store.billing.invoiced')
class Invoiced {}

@Injectable()
class Process {
  readonly placed: EventMessage<object>[] = [];
  mails = 0;
  constructor(private readonly bus: EventBus) {}

  @OnEvent('store.orders.placed', { listenerName: 'process' })
  async process(_event: object, message: EventMessage<object>): Promise<void> {
    await this.bus.fire(StockReserved, {});
    await this.bus.fire(Invoiced, {});
    this.placed.push(message);
  }

  @OnEvent(StockReserved, { listenerName: 'mail' })
  async mail(): Promise<void> {
    await this.bus.fire(MailSent, {});
    this.mails++;
  }
}

describe('docs/headers.md', () => {
  it('fires with headers, which carry on to what is fired in handlers, and are printed as a tree', async () => {
    const { OrderPlaced } = await page.load<{ OrderPlaced: Type<object> }>('order-placed.ts');
    const { Checkout } = await page.load<{ Checkout: Type<Checkout> }>('checkout.ts');
    const redis = await startRedis();
    const { app } = await startApplication({
      ...{ url: redis.url, service: 'headers', providers: [Checkout, Process] },
      ...{ events: [OrderPlaced, StockReserved, MailSent, Invoiced] },
    });
    const payload = { orderId: '0b6f5c1e-7a7b-4c7e-9b52-0d2c2a1f8d3e' };
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const request = { id: 'request-1', traceparent };
    const firedAt = await app.get<Checkout>(Checkout).place(payload, request);
    const { placed } = app.get(Process);
    await waitFor(() => placed.length === 1 && app.get(Process).mails === 1);
    const headers = { tenant: 'acme' };
    expect(placed).toEqual([
      expect.objectContaining({ firedAt, traceparent, correlationId: 'request-1', headers }),
    ]);

    // No client makes it fail by what it sends.
    await app.get<Checkout>(Checkout).place(payload, { id: '', traceparent: 'broken' });
    await waitFor(() => placed.length === 2);
    const { traceparent: trace, correlationId, headers: told } = placed[1]!;
    expect([trace, correlationId, told]).toEqual([undefined, undefined, headers]);

    const words = ['npx', 'lightbus', 'inspect', '--trace', 'request-1'];
    expect(page.text).toContain('`npx lightbus inspect --trace ID`');
    const { stdout } = await runLightbus(words, { env: { LIGHTBUS_CONFIG: configFor(redis.url) } });
    const shown = page.code('text', 'store.billing.invoiced');
    expect(withoutVariableParts(stdout)).toBe(withoutVariableParts(shown));
  });

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
