import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Attributes } from '@opentelemetry/api';
import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IsInt } from 'class-validator';
import { Event, OnEvent } from 'nestjs-lightbus';
import { LightbusTelemetryModule } from 'nestjs-lightbus/telemetry';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { parse } from 'yaml';
import { kindOf, Sdk } from '../support/open-telemetry.js';
import { sharedRedis, uniqueName } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { startApplication } from './application.js';

const API = uniqueName('shop');
const BILLS = uniqueName('bills');
const ORDERS = `${API}.*:stream`;

@Event(`${API}.placed`)
class OrderPlaced {
  @IsInt() n!: number;
}

@Event(`${BILLS}.sent`)
class BillSent {
  @IsInt() n!: number;
}

class NoStock extends Error {}

@Injectable()
class Stock {
  @OnEvent(OrderPlaced, {
    listenerName: 'stock',
    onError: 'dead_letter',
    maxAttempts: 2,
    backoff: { initial: 1, max: 1, factor: 1 },
  })
  async reserve({ n }: OrderPlaced): Promise<void> {
    await Promise.resolve();
    if (n < 0) throw new NoStock('there is none');
  }
}

/** What the rows of the conventions depend on. */
interface Facts {
  readonly operation: string;
  readonly isFailed: boolean;
  readonly messages: number;
  readonly isOneStream: boolean;
  readonly isConsumer: boolean;
}

type Row = readonly [
  attribute: string,
  type: 'string' | 'int' | 'boolean',
  level: 'Required' | 'Conditionally Required' | 'Recommended' | 'Opt-In',
  isThere: (facts: Facts) => boolean,
];

const always = () => true;
// Does not exist here: streams are named, lasting, and whole; who is behind the server's address is not known.
const never = () => false;

/** The attributes of messaging spans, row by row and in the order of the conventions. */
const SPAN_ROWS: readonly Row[] = [
  ['messaging.operation.name', 'string', 'Required', always],
  ['messaging.system.name', 'string', 'Required', always],
  ['error.type', 'string', 'Conditionally Required', ({ isFailed }) => isFailed],
  [
    'messaging.batch.message_count',
    'int',
    'Conditionally Required',
    ({ messages }) => messages !== 1,
  ],
  [
    'messaging.consumer.group.name',
    'string',
    'Conditionally Required',
    ({ isConsumer }) => isConsumer,
  ],
  ['messaging.destination.anonymous', 'boolean', 'Conditionally Required', never],
  [
    'messaging.destination.name',
    'string',
    'Conditionally Required',
    ({ isOneStream }) => isOneStream,
  ],
  ['messaging.destination.subscription.name', 'string', 'Conditionally Required', never],
  ['messaging.destination.template', 'string', 'Conditionally Required', never],
  ['messaging.destination.temporary', 'boolean', 'Conditionally Required', never],
  ['messaging.operation.type', 'string', 'Conditionally Required', always],
  ['server.address', 'string', 'Conditionally Required', always],
  ['messaging.client.id', 'string', 'Recommended', always],
  ['messaging.destination.partition.id', 'string', 'Recommended', never],
  [
    'messaging.message.conversation_id',
    'string',
    'Recommended',
    // Who settles knows an event by its id alone.
    ({ operation }) => operation !== 'settle',
  ],
  ['messaging.message.id', 'string', 'Recommended', ({ messages }) => messages === 1],
  ['network.peer.address', 'string', 'Recommended', never],
  ['network.peer.port', 'int', 'Recommended', never],
  ['server.port', 'int', 'Recommended', always],
  ['messaging.message.body.size', 'int', 'Opt-In', never],
  [
    'messaging.message.envelope.size',
    'int',
    'Opt-In',
    ({ operation, messages }) => operation !== 'settle' && messages === 1,
  ],
];

/** Beside these: what `messaging.system.name` was called before. Many tools know a span of messaging by it. */
const FORMER = 'messaging.system';

/** What is asked for before a span begins, so that samplers see it. */
const AT_CREATION = [
  ...['messaging.consumer.group.name', 'messaging.destination.name', 'messaging.operation.name'],
  ...['messaging.operation.type', 'messaging.system.name', 'server.address', 'server.port'],
];

/** Span kinds, by type of operation. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  create: ['PRODUCER'],
  // PRODUCER where its context is the creation context.
  send: ['PRODUCER', 'CLIENT'],
  process: ['CONSUMER'],
  settle: ['CLIENT'],
};

const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const SYSTEM = ['messaging.operation.name', 'messaging.system.name', FORMER];
const SENDER = [...SYSTEM, 'messaging.destination.name'];
const SERVER = ['server.address', 'server.port'];
const GROUP = 'messaging.consumer.group.name';

/** The metrics, row by row: instrument, unit, and which attributes there must be and may be. */
const METRIC_ROWS = [
  {
    name: 'messaging.client.operation.duration',
    ...{ instrument: 'HISTOGRAM', unit: 's', boundaries: BOUNDARIES },
    must: [...SYSTEM, 'messaging.operation.type', ...SERVER],
    may: ['messaging.destination.name', GROUP, 'error.type'],
  },
  {
    name: 'messaging.client.sent.messages',
    ...{ instrument: 'COUNTER', unit: '{message}', boundaries: undefined },
    ...{ must: [...SENDER, ...SERVER], may: ['error.type'] },
  },
  {
    name: 'messaging.client.consumed.messages',
    ...{ instrument: 'COUNTER', unit: '{message}', boundaries: undefined },
    ...{ must: [...SENDER, GROUP, ...SERVER], may: ['error.type'] },
  },
  {
    name: 'messaging.process.duration',
    ...{ instrument: 'HISTOGRAM', unit: 's', boundaries: BOUNDARIES },
    ...{ must: [...SENDER, GROUP, ...SERVER], may: ['error.type'] },
  },
];

let sdk: Sdk;
let port: number;

const order = (n: number) => Object.assign(new OrderPlaced(), { n });

beforeAll(async () => {
  const { url } = await sharedRedis();
  port = Number(new URL(url).port);
  sdk = await Sdk.start();
  const shop = await startApplication({
    ...{ url, service: uniqueName('service'), process: 'w1', providers: [Stock] },
    events: [OrderPlaced, BillSent],
    imports: [LightbusTelemetryModule.forRoot({ messageSizes: true })],
  });
  const { bus } = shop;
  await bus.fire(OrderPlaced, { n: 1 }, { correlationId: 'order-1' });
  await bus.fireAll([order(2), order(3)], { correlationId: 'order-1' });
  await bus.fireAll([order(4), Object.assign(new BillSent(), { n: 5 })], {
    correlationId: 'order-1',
  });
  // Fails at both attempts, and is set aside.
  await bus.fire(OrderPlaced, { n: -1 }, { correlationId: 'order-1' });
  await sdk.ended('process', 6);
  await waitFor(() => sdk.spans('settle').some(isLetter));
  const refused = bus.fire(OrderPlaced, { n: 1 }, { expectedVersion: 9, correlationId: 'order-1' });
  await expect(refused).rejects.toThrow();
});
afterAll(() => sdk.stop());

function isLetter({ attributes }: ReadableSpan): boolean {
  return attributes['lightbus.settlement'] === 'dead_letter';
}

function factsOf({ attributes }: ReadableSpan): Facts {
  const operation = String(attributes['messaging.operation.type']);
  const messages = Number(attributes['messaging.batch.message_count'] ?? 1);
  return {
    ...{ operation, messages },
    isFailed: attributes['lightbus.outcome'] === 'failed' || 'error.type' in attributes,
    isConsumer: ['process', 'settle'].includes(operation),
    isOneStream: !(
      operation === 'send' &&
      messages === 2 &&
      attributes['lightbus.event.name'] === undefined
    ),
  };
}

function typeOf(value: unknown): string {
  return Number.isInteger(value) ? 'int' : typeof value;
}

describe('spans, compared with the conventions', () => {
  it('are there of each operation: single, batch, over two streams, failed', () => {
    const names = new Set(sdk.spans().map(({ name }) => name));
    expect([...names].sort()).toEqual(
      [
        ...[`create ${BILLS}.*:stream`, `create ${ORDERS}`, `process ${ORDERS}`],
        ...['send', `send ${ORDERS}`, `settle ${ORDERS}`],
      ].sort(),
    );
    const failed = sdk.spans().filter(({ attributes }) => 'error.type' in attributes);
    expect(failed.map(({ name }) => name)).toEqual([
      ...[`process ${ORDERS}`, `process ${ORDERS}`, `send ${ORDERS}`],
    ]);
  });

  it.each(SPAN_ROWS)('%s: %s, %s', (attribute, type, _, isThere) => {
    for (const span of sdk.spans()) {
      const value = span.attributes[attribute];
      const expected = isThere(factsOf(span)) ? type : 'undefined';
      expect({ span: span.name, attribute, type: typeOf(value) }).toEqual({
        ...{ span: span.name, attribute, type: expected },
      });
    }
  });

  it('have the values that these attributes are for', () => {
    const [first] = sdk.spans('process');
    expect(first!.attributes).toMatchObject({
      'messaging.system.name': 'redis',
      [FORMER]: 'redis',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': ORDERS,
      'messaging.consumer.group.name': expect.stringMatching(/^service_\w+-stock$/),
      'messaging.client.id': 'w1',
      'messaging.message.conversation_id': 'order-1',
      'server.address': '127.0.0.1',
      'server.port': port,
    });
    for (const { attributes } of sdk.spans()) {
      const { 'messaging.operation.name': name, 'messaging.operation.type': type } = attributes;
      expect(name).toBe(type);
    }
  });

  it('have no attribute that the conventions do not know, but with a name of ours', () => {
    const known = [...SPAN_ROWS.map(([attribute]) => attribute), FORMER];
    const others = sdk.spans().flatMap(({ attributes }) => Object.keys(attributes));
    for (const name of new Set(others)) {
      expect({ name, isKnown: known.includes(name) || name.startsWith('lightbus.') }).toEqual({
        ...{ name, isKnown: true },
      });
    }
  });

  it('are named by operation and destination, and of the kind of their operation', () => {
    for (const span of sdk.spans()) {
      const { attributes, name } = span;
      const destination = attributes['messaging.destination.name'];
      const operation = String(attributes['messaging.operation.name']);
      expect(name).toBe(
        destination === undefined ? operation : `${operation} ${String(destination)}`,
      );
      expect(KINDS[operation]).toContain(kindOf(span));
      const isCreation = operation === 'send' && span.links.length === 0;
      if (operation === 'send') expect(kindOf(span)).toBe(isCreation ? 'PRODUCER' : 'CLIENT');
      // Not set to OK, which is the application's to say.
      expect(span.status.code).toBe('error.type' in attributes ? 2 : 0);
    }
  });

  it('say when they begin what samplers may ask for', () => {
    const relevant = (attributes: Attributes) =>
      Object.fromEntries(Object.entries(attributes).filter(([name]) => AT_CREATION.includes(name)));
    const began = sdk.sampled.map((attributes) => JSON.stringify(relevant(attributes)));
    const ended = sdk.spans().map(({ attributes }) => JSON.stringify(relevant(attributes)));
    expect(began.sort()).toEqual(ended.sort());
  });
});

describe('metrics, compared with the conventions', () => {
  it.each(METRIC_ROWS)('$name: $instrument, $unit', async (row) => {
    const metric = (await sdk.collect()).get(row.name);
    expect(metric?.descriptor).toMatchObject({
      ...{ type: row.instrument, unit: row.unit },
      advice: row.boundaries ? { explicitBucketBoundaries: row.boundaries } : {},
    });
    expect(metric!.points.length).toBeGreaterThan(0);
    for (const { attributes } of metric!.points) {
      const names = Object.keys(attributes);
      expect(names).toEqual(expect.arrayContaining(row.must));
      expect([...row.must, ...row.may]).toEqual(expect.arrayContaining(names));
    }
  });

  it('count what happened', async () => {
    const metrics = await sdk.collect();
    const of = (name: string) =>
      metrics.get(name)!.points.map(({ value, attributes }) => ({
        count: value,
        stream: attributes['messaging.destination.name'],
        operation: attributes['messaging.operation.name'],
        error: attributes['error.type'],
      }));
    expect(of('messaging.client.sent.messages')).toEqual([
      { count: 5, stream: ORDERS, operation: 'send', error: undefined },
      { count: 1, stream: `${BILLS}.*:stream`, operation: 'send', error: undefined },
      { count: 1, stream: ORDERS, operation: 'send', error: 'InvalidOptionsError' },
    ]);
    // Once a delivery: the second attempt is none.
    expect(of('messaging.client.consumed.messages')).toEqual([
      { count: 4, stream: ORDERS, operation: 'process', error: undefined },
      { count: 1, stream: ORDERS, operation: 'process', error: 'NoStock' },
    ]);
    expect(of('messaging.process.duration')).toEqual([
      { count: 4, stream: ORDERS, operation: 'process', error: undefined },
      { count: 2, stream: ORDERS, operation: 'process', error: 'NoStock' },
    ]);
  });
});

describe("this process's listeners", () => {
  it('are measured when metrics are collected', async () => {
    const metrics = await sdk.collect();
    const of = (name: string) => metrics.get(name)!.points;
    expect(of('lightbus.listener.lag')[0]!.attributes).toEqual({
      'lightbus.listener.name': 'stock',
      'messaging.destination.name': ORDERS,
      'messaging.consumer.group.name': expect.stringMatching(/^service_\w+-stock$/),
    });
    const values = [...metrics].flatMap(([name, { points }]) =>
      name.startsWith('lightbus.') ? [[name, ...points.map(({ value }) => value)]] : [],
    );
    expect(values).toEqual([
      ['lightbus.listener.lag', 0],
      ['lightbus.listener.pending', 0],
      ['lightbus.listener.oldest_pending_age', 0],
      ['lightbus.listener.dead_letters', 1],
      ['lightbus.listener.oldest_dead_letter_age', expect.any(Number)],
      ['lightbus.listener.failing', 0],
      ['lightbus.history.lost', 0],
    ]);
  });
});

describe('the dashboard and the alert rules', () => {
  const dashboard = readFileSync('docs/telemetry/grafana-dashboard.json', 'utf8');
  const alerts = readFileSync('docs/telemetry/alerts.yml', 'utf8');

  function expressions(value: unknown): string[] {
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
      key === 'expr' ? [String(inner)] : expressions(inner),
    );
  }

  it('parse, and ask for nothing but metrics and labels that are there', async () => {
    const text = await sdk.scrape();
    const series = new Map<string, Set<string>>();
    for (const line of text.split('\n')) {
      const [, name, labels] = /^(\w+)\{(.*)\} \S+$/.exec(line) ?? [];
      if (name === undefined || labels === undefined) continue;
      const known = series.get(name) ?? new Set();
      for (const [, label] of labels.matchAll(/(\w+)="/g)) known.add(label!);
      series.set(name, known);
    }
    expect([...series.keys()]).toEqual(
      expect.arrayContaining(['lightbus_listener_lag', 'messaging_process_duration_bucket']),
    );
    const of = {
      dashboard: expressions(JSON.parse(dashboard)),
      alerts: expressions(parse(alerts)),
    };
    expect([of.dashboard.length > 15, of.alerts.length > 5]).toEqual([true, true]);
    const asked = new Set<string>();
    for (const expression of [...of.dashboard, ...of.alerts]) {
      const names = expression.match(/\b(messaging|lightbus)_\w+(?=[{[)]|$)/g) ?? [];
      const metrics = names.filter((name) => series.has(name));
      const labels = (expression.match(/\b(messaging|lightbus|error|server)_\w+/g) ?? []).filter(
        (name) => !metrics.includes(name),
      );
      expect({ expression, count: metrics.length }).not.toEqual({ expression, count: 0 });
      for (const metric of metrics) {
        asked.add(metric.replace(/_(bucket|count|sum)$/, ''));
        for (const label of labels) {
          expect({ expression, label, isThere: series.get(metric)!.has(label) }).toEqual({
            ...{ expression, label, isThere: true },
          });
        }
      }
    }
    // And the other way round: what is measured is shown.
    const measured = [...series.keys()].filter((name) => /^(messaging|lightbus)_/.test(name));
    expect([...asked].sort()).toEqual(
      [...new Set(measured.map((name) => name.replace(/_(bucket|count|sum)$/, '')))].sort(),
    );
  });

  it('tell whom they wake what has happened, and by labels that an alert has', () => {
    const { groups } = parse(alerts) as { groups: { rules: Record<string, unknown>[] }[] };
    for (const { alert, expr, labels, annotations } of groups.flatMap(({ rules }) => rules)) {
      const { summary, description } = annotations as Record<string, string>;
      expect(labels).toMatchObject({ severity: expect.stringMatching(/^(page|ticket)$/) });
      expect({ alert, isSaid: !!summary && !!description }).toEqual({ alert, isSaid: true });
      const [, by = ''] = /by \(([^)]*)\)/.exec(String(expr)) ?? [];
      for (const [, label] of `${summary} ${description}`.matchAll(/\$labels\.(\w+)/g)) {
        expect({ alert, by: by.split(', ') }).toEqual({
          alert,
          by: expect.arrayContaining([label]) as unknown,
        });
      }
    }
  });
});

describe('names', () => {
  it("are those of the conventions' own package, which the SDK brings", () => {
    const fromSdk = createRequire(
      createRequire(import.meta.url).resolve('@opentelemetry/sdk-metrics'),
    );
    const conventions = fromSdk('@opentelemetry/semantic-conventions/incubating') as Readonly<
      Record<string, unknown>
    >;
    const values = new Set(Object.values(conventions));
    const names = [...SPAN_ROWS.map(([name]) => name), ...METRIC_ROWS.map(({ name }) => name)];
    expect(names.filter((name) => !values.has(name))).toEqual([]);
    const entry = fromSdk.resolve('@opentelemetry/semantic-conventions/incubating');
    const types = ['attributes', 'metrics'].map((kind) =>
      readFileSync(join(dirname(entry), `experimental_${kind}.d.cts`), 'utf8'),
    );
    const declared = [...types.join('').matchAll(/\/\*\*(.*?)\*\/\s*declare const \w+: "(.*?)"/gs)];
    const deprecated = declared.flatMap(([, text = '', name]) =>
      text.includes('@deprecated') ? [name] : [],
    );
    expect(deprecated).toContain(FORMER);
    expect(names.filter((name) => deprecated.includes(name))).toEqual([]);
    const operations = Object.entries(conventions).flatMap(([name, value]) =>
      name.startsWith('MESSAGING_OPERATION_TYPE_VALUE') ? [value] : [],
    );
    expect(operations).toEqual(expect.arrayContaining(Object.keys(KINDS)));
  });
});
