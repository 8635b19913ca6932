import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { IsInt, ValidateNested } from 'class-validator';
import fc from 'fast-check';
import { defineEvent, Event } from 'nestjs-lightbus';
import { z } from 'zod';
import {
  asyncApiDocument,
  type Application,
  type Place,
} from '../../../../lib/cli/schema/asyncapi/document.js';
import { getEventDefinition } from '../../../../lib/event/event.decorator.js';

const require = createRequire(import.meta.url);
const official = require('@asyncapi/specs/schemas/3.0.0.json') as object;
// It brings draft 7 along.
const ajv = new Ajv({ strict: false, meta: false, validateSchema: false, logger: false });
addFormats.default(ajv);
const validate = ajv.compile(official);

const REDIS = { host: 'redis.example:6379', protocol: 'redis', pathname: '/0' };

@Event('asyncapi.orders.placed', { version: 2, upcasters: { 1: (old) => old }, key: 'quantity' })
class Placed {
  @IsInt() quantity!: number;
}
const Tree = defineEvent(
  'asyncapi.orders.grown',
  z.object({
    $ref: z.literal('#/not/a/reference'),
    get kids() {
      return z.array(Tree2).optional();
    },
  }),
);
const Tree2 = z.object({
  v: z.string(),
  get kids(): z.ZodOptional<z.ZodArray<z.ZodObject>> {
    return z.array(Tree2).optional();
  },
});

const placed = getEventDefinition(Placed)!;
const tree = getEventDefinition(Tree)!;

function document(application: Partial<Application>, streamUse: Place['streamUse'] = 'per_api') {
  const made = asyncApiDocument({
    ...{ title: 'store', version: '1.2.3', sent: [], receivers: [], known: [], hasSideField: true },
    placeOf: () => ({ streamUse, server: REDIS }),
    ...application,
  });
  expect({ isValid: validate(made), errors: validate.errors }).toEqual({
    isValid: true,
    errors: null,
  });
  // Every reference leads somewhere.
  for (const [, pointer = ''] of JSON.stringify(made).matchAll(/"\$ref":"#\/([^"]*)"/g)) {
    if (pointer === 'not/a/reference') continue;
    const found = pointer
      .split('/')
      .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], made);
    expect({ pointer, found }).toEqual({ pointer, found: expect.any(Object) });
  }
  return made;
}

describe('the AsyncAPI document', () => {
  it('has the streams as channels, what is sent, and what listeners receive', () => {
    const made = document({
      sent: [placed],
      known: [placed],
      receivers: [
        {
          listenerName: 'reserve_stock',
          place: 'Stock.reserve',
          selections: [
            { apiName: 'asyncapi.orders', eventName: 'placed', type: Placed },
            { apiName: 'asyncapi.orders', eventName: 'cancelled' },
            { apiName: 'asyncapi.users', eventName: '*' },
          ],
        },
      ],
    });
    expect(made).toMatchObject({
      asyncapi: '3.0.0',
      info: { title: 'store', version: '1.2.3' },
      servers: { 'redis-redis.example-6379-0': REDIS },
      channels: {
        'asyncapi.orders': {
          address: 'asyncapi.orders.*:stream',
          servers: [{ $ref: '#/servers/redis-redis.example-6379-0' }],
          messages: {
            'asyncapi.orders.placed': { $ref: '#/components/messages/asyncapi.orders.placed' },
            'asyncapi.orders.cancelled': {
              $ref: '#/components/messages/asyncapi.orders.cancelled',
            },
          },
        },
        'asyncapi.users': { address: 'asyncapi.users.*:stream', messages: {} },
      },
      operations: {
        'send-asyncapi.orders.placed': {
          action: 'send',
          channel: { $ref: '#/channels/asyncapi.orders' },
          messages: [{ $ref: '#/channels/asyncapi.orders/messages/asyncapi.orders.placed' }],
        },
        'receive-reserve_stock-asyncapi.orders': {
          action: 'receive',
          messages: [
            { $ref: '#/channels/asyncapi.orders/messages/asyncapi.orders.placed' },
            { $ref: '#/channels/asyncapi.orders/messages/asyncapi.orders.cancelled' },
          ],
          'x-listener': 'reserve_stock',
          'x-consumer-group': 'store-reserve_stock',
        },
        'receive-reserve_stock-asyncapi.users': { action: 'receive' },
      },
      components: {
        messages: {
          'asyncapi.orders.placed': {
            name: 'asyncapi.orders.placed',
            headers: {
              properties: { api_name: { const: 'asyncapi.orders' }, '': { type: 'object' } },
            },
            payload: { $ref: '#/components/schemas/asyncapi.orders.placed' },
            'x-version': 2,
            'x-key': 'quantity',
          },
          'asyncapi.orders.cancelled': { payload: { type: 'object' } },
        },
        schemas: { 'asyncapi.orders.placed': { properties: { quantity: { type: 'integer' } } } },
      },
    });
    expect(made).not.toHaveProperty([
      'operations',
      'receive-reserve_stock-asyncapi.users',
      'messages',
    ]);
  });

  it('does not tell of the side field where the sender writes none (bus.headers: false)', () => {
    const headersWith = (hasSideField: boolean) => {
      const selections = [{ apiName: 'asyncapi.orders', eventName: 'named' }];
      const receivers = [{ listenerName: 'any', place: 'Any.any', selections }];
      const { components } = document({ sent: [placed], known: [placed], receivers, hasSideField });
      const { messages } = components as {
        messages: Record<string, { headers: { properties: object } }>;
      };
      return Object.values(messages).map(({ headers }) => Object.keys(headers.properties));
    };
    const fields = ['id', 'api_name', 'event_name', 'version'];
    expect(headersWith(false)).toEqual([fields, fields]);
    expect(headersWith(true)).toEqual([
      [...fields, ''],
      [...fields, ''],
    ]);
  });

  it('is judged by a schema that refuses others', () => {
    const made = document({ sent: [placed], known: [placed] });
    expect(validate({ ...made, info: {} })).toBe(false);
    expect(validate({ ...made, operations: { send: { action: 'send' } } })).toBe(false);
  });

  it('has a channel for each event with per_event streams, and one for any', () => {
    const any = { apiName: 'asyncapi.orders', eventName: '*' };
    const receivers = [{ listenerName: 'audit', place: 'Audit.write', selections: [any] }];
    const { channels, operations } = document(
      { sent: [placed], known: [placed], receivers },
      'per_event',
    );
    expect(channels).toMatchObject({
      'asyncapi.orders.placed-event': { address: 'asyncapi.orders.placed:stream' },
      'asyncapi.orders.any-event': {
        address: 'asyncapi.orders.{event}:stream',
        parameters: { event: {} },
        messages: { 'asyncapi.orders.placed': {} },
      },
    });
    expect(Object.keys(operations as object)).toEqual([
      'send-asyncapi.orders.placed',
      'receive-audit-asyncapi.orders.any-event',
    ]);
  });

  it('leads references in schemas to where the schema is', () => {
    const made = document({ sent: [tree], known: [tree] });
    const { schemas } = made.components as { schemas: Record<string, object> };
    const text = JSON.stringify(schemas['asyncapi.orders.grown']);
    expect(text).toContain('"$ref":"#/components/schemas/asyncapi.orders.grown/');
    expect(text).toContain('"const":"#/not/a/reference"');
  });

  it('of classes that hold themselves leads somewhere, too', () => {
    @Event('asyncapi.orders.nested')
    class Nested {
      @IsInt() n!: number;
      @ValidateNested() inner?: Nested;
    }
    const nested = getEventDefinition(Nested)!;
    document({ sent: [nested], known: [nested] });
  });

  it('needs no server where events are in memory', () => {
    const made = document({
      sent: [placed],
      known: [placed],
      placeOf: () => ({ streamUse: 'per_api', server: undefined }),
    });
    expect(made.servers).toEqual({});
  });

  it('is valid whatever the names are', () => {
    const name = fc.stringMatching(/^[\p{L}][\p{L}\p{N}_]{0,5}$/u);
    const selection = fc.record({
      apiName: fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.')),
      eventName: fc.oneof(name, fc.constant('*')),
    });
    const receiver = fc.record({
      listenerName: fc.string({ minLength: 1, unit: 'binary' }),
      place: fc.string(),
      selections: fc.array(selection, { minLength: 1, maxLength: 3 }),
    });
    const streamUse = fc.constantFrom<Place['streamUse']>('per_api', 'per_event');
    fc.assert(
      fc.property(fc.array(receiver, { maxLength: 3 }), streamUse, (receivers, use) => {
        document({ receivers }, use);
      }),
      { numRuns: 50 },
    );
  });
});
