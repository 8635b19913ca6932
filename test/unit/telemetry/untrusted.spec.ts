import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { IsInt } from 'class-validator';
import { Event, OnEvent } from 'nestjs-lightbus';
import { LightbusTelemetryModule } from 'nestjs-lightbus/telemetry';
import { Stores } from '../../../lib/store/stores.js';
import { ids, linksOf, Sdk } from '../../support/open-telemetry.js';
import { startInMemory, type MemoryApplication } from '../listener/memory-application.js';

@Event('shop.orders.placed')
class OrderPlaced {
  @IsInt() n!: number;
}

@Injectable()
class Stock {
  @OnEvent('shop.orders.*', { listenerName: 'stock' })
  reserve(): void {}
}

const TRACE = '1'.repeat(32);
const SPAN = '2'.repeat(16);

describe('an entry that anybody may have written', () => {
  let sdk: Sdk;
  let shop: MemoryApplication;

  beforeAll(async () => {
    sdk = await Sdk.start();
    const imports = [LightbusTelemetryModule.forRoot({ parent: true })];
    shop = await startInMemory({ events: [OrderPlaced], providers: [Stock], imports });
  });
  afterAll(() => sdk.stop());
  beforeEach(() => sdk.reset());

  async function store(fields: Readonly<Record<string, string>>): Promise<void> {
    const event = { id: 'id', api_name: 'shop.orders', event_name: 'placed', version: '1' };
    const entry = Object.entries({ ...event, ':n': '1', ...fields }).flat();
    const { store: target, streamOf } = shop.app.get(Stores).forApi('shop.orders');
    await target.append(streamOf('placed'), [entry], { maxLength: null, timeoutMs: 1_000 });
  }

  it.each<[string, unknown, unknown]>([
    ['is no text', 7, undefined],
    ['is anything', 'x', undefined],
    ['is of a version that there can not be', `ff-${TRACE}-${SPAN}-01`, undefined],
    ['has more than its version has', `00-${TRACE}-${SPAN}-01-more`, undefined],
    ['has a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`, undefined],
    ['has a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
    ['is in upper case', `00-${'A'.repeat(32)}-${SPAN}-01`, undefined],
    ['is endless', `00-${TRACE}-${SPAN}-01${'-1'.repeat(100_000)}`, undefined],
    ['has a state and is nothing itself', '', 'a=b'],
  ])('begins a trace of its own where its traceparent %s', async (_, traceparent, tracestate) => {
    await store({ '': JSON.stringify({ traceparent, tracestate }) });
    const [span] = await sdk.ended('process', 1);
    expect([span!.parentSpanContext, linksOf(span!)]).toEqual([undefined, []]);
  });

  it.each([
    ['endless', Array.from({ length: 2_000 }, (__, i) => `k${i}=v`).join()],
    ['longer than is kept', 'a='.padEnd(8_192, 'x')],
    ['broken', '=;,,=,'],
    ['no text', 7],
  ])('is linked all the same where its tracestate is %s', async (_, tracestate) => {
    await store({ '': JSON.stringify({ traceparent: `00-${TRACE}-${SPAN}-ff`, tracestate }) });
    const [span] = await sdk.ended('process', 1);
    expect(linksOf(span!)).toEqual([{ traceId: TRACE, spanId: SPAN }]);
    expect(ids(span!).traceId).toBe(TRACE);
    // Of the flags, what is known. What a tracer passes on has no more than W3C asks for.
    const { traceFlags, traceState } = span!.links[0]!.context;
    expect(traceFlags).toBe(1);
    expect(traceState?.serialize() ?? '').toBe('');
  });

  it('makes no attribute that is longer than what people read', async () => {
    const endless = 'x'.repeat(1_000_000);
    const side = JSON.stringify({ correlationId: 'x'.repeat(10_000) });
    await store({ id: endless, event_name: endless, '': side });
    await store({ id: endless, api_name: endless, '': side });
    const spans = [...(await sdk.ended('process', 2)), ...(await sdk.ended('settle', 1))];
    for (const { attributes, links } of spans) {
      for (const values of [attributes, ...links.map((link) => link.attributes ?? {})]) {
        for (const [name, value] of Object.entries(values)) {
          expect({ name, isShort: String(value).length <= 1_001 }).toEqual({ name, isShort: true });
        }
      }
    }
  });
});
