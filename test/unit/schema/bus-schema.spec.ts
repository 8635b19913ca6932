import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { Type } from 'class-transformer';
import {
  IsArray,
  IsDate,
  IsEmail,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Min,
  ValidateNested,
} from 'class-validator';
import { encode } from '../../../lib/event/codec.js';
import {
  Event,
  getEventDefinition,
  type EventDefinition,
} from '../../../lib/event/event.decorator.js';
import { eventSchema, mergeSchemas, schemaOfEvents } from '../../../lib/schema/bus-schema.js';
import { serialize } from '../../../lib/wire/by-field.js';

class Line {
  @IsString() sku!: string;
  @IsInt() @Min(1) quantity!: number;
}

@Event('store.orders.placed')
class OrderPlaced {
  @IsUUID() orderId!: string;
  @IsEmail() customer!: string;
  @IsArray() @ValidateNested({ each: true }) @Type(() => Line) lines!: Line[];
  @IsDate() @Type(() => Date) placedAt!: Date;
  @IsOptional() @IsString() note?: string | null;
}

@Event('store.stock.reserved')
class StockReserved {}

@Event('store.stock.counted', { version: 2, upcasters: { 1: (parameters) => parameters } })
class StockCounted {}

function definitionOf(type: new () => object): EventDefinition {
  const definition = getEventDefinition(type);
  if (!definition) throw new Error(`${type.name} has no @Event`);
  return definition;
}

function validator() {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true });
  addFormats.default(ajv);
  return ajv.compile(eventSchema(definitionOf(OrderPlaced)).parameters);
}

/** What an event's parameters are on the wire. */
async function onTheWire(payload: object): Promise<Record<string, unknown>> {
  const { parameters } = await encode(definitionOf(OrderPlaced), payload, { validate: true });
  const fields = serialize({ id: 'x', apiName: 'a', eventName: 'b', version: 1, parameters });
  const sent: [string, unknown][] = [];
  for (let i = 8; i < fields.length; i += 2) {
    sent.push([fields[i]!.slice(1), JSON.parse(fields[i + 1]!)]);
  }
  return Object.fromEntries(sent);
}

const PAYLOAD = {
  orderId: '7f1b3c9e-4b1f-4c57-9d3a-0d9f5a2b7c11',
  customer: 'ada@example.com',
  lines: [{ sku: 'teapot', quantity: 2 }],
  placedAt: new Date('2024-05-01T10:00:00Z'),
};

describe('eventSchema', () => {
  it("has the shape of Lightbus's own", () => {
    expect(eventSchema(definitionOf(StockReserved))).toEqual({
      parameters: {
        $schema: 'http://json-schema.org/draft-07/schema#',
        title: 'Event store.stock.reserved parameters',
        type: 'object',
        properties: {},
        additionalProperties: false,
      },
    });
  });

  it('says which version it describes, other than 1, where validators read nothing', () => {
    const { parameters } = eventSchema(definitionOf(StockCounted));
    expect(parameters).toEqual({
      ...eventSchema(definitionOf(StockReserved)).parameters,
      title: 'Event store.stock.counted parameters',
      $comment: 'version 2',
    });
    expect(new Ajv({ strict: true }).validate(parameters, {})).toBe(true);
  });

  it.each([[{}], [{ note: null }], [{ note: 'x' }]])(
    'accepts what is fired, as it is on the wire: %j',
    async (more) => {
      const validate = validator();
      const valid = validate(await onTheWire({ ...PAYLOAD, ...more }));
      expect(validate.errors ?? []).toEqual([]);
      expect(valid).toBe(true);
    },
  );

  it.each([
    ['a property too few', { orderId: undefined }],
    ['one too many', { other: 1 }],
    ['a wrong type', { customer: 5 }],
    ['a number too small', { lines: [{ sku: 'x', quantity: 0 }] }],
    ['something unknown inside', { lines: [{ sku: 'x', quantity: 1, y: 1 }] }],
    ['a date that is none', { placedAt: 'tomorrow' }],
  ])('refuses %s', async (_, change) => {
    const sent = { ...(await onTheWire(PAYLOAD)), ...change };
    expect(validator()(JSON.parse(JSON.stringify(sent)))).toBe(false);
  });
});

describe('schemaOfEvents', () => {
  it('groups events by API', () => {
    const schema = schemaOfEvents([OrderPlaced, StockReserved].map(definitionOf));
    expect(Object.keys(schema)).toEqual(['store.orders', 'store.stock']);
    expect(Object.keys(schema['store.orders']?.events ?? {})).toEqual(['placed']);
    expect(schema['store.orders']?.rpcs).toEqual({});
  });
});

describe('mergeSchemas', () => {
  it('keeps what either knows, and prefers the stronger', () => {
    const weaker = { a: { events: { x: 1, y: 1 }, rpcs: { r: 1 } }, b: { events: {}, rpcs: {} } };
    const stronger = { a: { events: { y: 2 }, rpcs: {} }, c: { events: { z: 2 }, rpcs: {} } };
    expect(mergeSchemas(weaker, stronger)).toEqual({
      a: { events: { x: 1, y: 2 }, rpcs: { r: 1 } },
      b: { events: {}, rpcs: {} },
      c: { events: { z: 2 }, rpcs: {} },
    });
  });
});
