import { describe, expect, it } from '@jest/globals';
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import {
  Allow,
  IsArray,
  IsDate,
  IsInstance,
  IsInt,
  IsOptional,
  IsString,
  Min,
  registerDecorator,
  ValidateNested,
} from 'class-validator';
import { EventDefinitionError } from '../../../lib/errors.js';
import { EventSerializationError, EventValidationError } from '../../../lib/fire-errors.js';
import { encode } from '../../../lib/event/codec.js';
import {
  Event,
  type EventDefinition,
  getEventDefinition,
} from '../../../lib/event/event.decorator.js';
import { serialize } from '../../../lib/wire/by-field.js';

class Line {
  @IsString() sku!: string;
  @IsInt() @Min(1) quantity!: number;
}

@Event('store.orders.placed')
class OrderPlaced {
  @IsString() orderId!: string;
  @IsInt() @Min(1) quantity!: number;
  @IsOptional() @IsString() note?: string | null;
  @IsOptional() @IsDate() @Type(() => Date) placedAt?: Date;
  @IsOptional() @IsArray() @ValidateNested({ each: true }) @Type(() => Line) lines?: Line[];
  total(): number {
    return this.quantity;
  }
}

@Event('store.orders.seen')
class OrderSeen {}

/** Takes any values. */
@Event('store.orders.described')
class OrderDescribed {
  [name: string]: unknown;
  @Allow() a?: unknown;
  @Allow() b?: unknown;
}

/** As decimal.js: not to be made without a value, and written by its toJSON. */
class Decimal {
  private readonly digits: string;
  constructor(value: string) {
    if (typeof value !== 'string') throw new TypeError('[DecimalError] Invalid argument');
    this.digits = value;
  }
  toJSON(): string {
    return this.digits;
  }
}

function definitionOf<T extends object>(type: new () => T): EventDefinition<T> {
  const definition = getEventDefinition<T>(type);
  if (!definition) throw new Error(`${type.name} has no @Event`);
  return definition;
}

async function fields(type: new () => object, value: object, validate = true): Promise<string[]> {
  const { parameters } = await encode(definitionOf(type), value, { validate });
  const event = { id: 'i', apiName: 'a', eventName: 'e', version: 1, parameters };
  return serialize(event).slice(8);
}

/** With all errors as rejections. */
async function encoded(type: new () => object, value: unknown) {
  return encode(definitionOf(type), value, { validate: true });
}

async function failure(type: new () => object, value: unknown): Promise<EventValidationError> {
  const error: unknown = await encoded(type, value).catch((reason: unknown) => reason);
  if (!(error instanceof EventValidationError))
    throw new Error(`expected a refusal: ${String(error)}`);
  return error;
}

async function toInstance<T extends object>(
  definition: EventDefinition<T>,
  value: unknown,
): Promise<T> {
  return (await encode(definition, value, { validate: false })).payload;
}

const valid = { orderId: 'o1', quantity: 2 };

describe('the instance that encode makes', () => {
  it('casts a plain payload, nested classes too, in the order of its properties', async () => {
    const payload = { quantity: 2, orderId: 'o1', lines: [{ sku: 's', quantity: 1 }] };
    const instance = await toInstance(definitionOf(OrderPlaced), payload);
    expect(instance).toBeInstanceOf(OrderPlaced);
    expect(instance.lines?.[0]).toBeInstanceOf(Line);
    expect(Object.keys(instance)).toEqual(['quantity', 'orderId', 'lines']);
  });

  it('returns an instance as it is', async () => {
    const instance = Object.assign(new OrderPlaced(), valid);
    expect(await toInstance(definitionOf(OrderPlaced), instance)).toBe(instance);
  });

  it('takes an instance of a class that is no event for a payload', async () => {
    class PlaceOrderDto {
      orderId = 'o1';
      quantity = 2;
    }
    expect(await toInstance(definitionOf(OrderPlaced), new PlaceOrderDto())).toBeInstanceOf(
      OrderPlaced,
    );
  });

  it('refuses an instance of another event, a subclass with its own name too', async () => {
    @Event('store.orders.placed_again')
    class OrderPlacedAgain extends OrderPlaced {}
    for (const other of [new OrderSeen(), new OrderPlacedAgain()]) {
      await expect(toInstance(definitionOf(OrderPlaced), other)).rejects.toThrow(
        EventDefinitionError,
      );
    }
  });

  it.each([
    null,
    undefined,
    'x',
    1,
    [],
    new Map(),
    new Set(),
    new Date(),
    Buffer.from('x'),
    () => 1,
  ])('refuses %p as a payload', async (value) => {
    await expect(toInstance(definitionOf(OrderPlaced), value)).rejects.toThrow(
      EventValidationError,
    );
  });

  it('does not touch values that no @Type asks for', async () => {
    const payload = {
      a: { price: new Decimal('1.10'), bytes: new Uint8Array([1]), set: new Set([1]) },
      b: new Map([['size', 1]]),
    };
    const instance = await toInstance(definitionOf(OrderDescribed), payload);
    expect(instance.a).toBe(payload.a);
    expect(instance.b).toBe(payload.b);
  });

  it('keeps instances, sets and maps that have a @Type', async () => {
    @Event('store.orders.typed')
    class Typed {
      @Type(() => Decimal) price!: Decimal;
      @Type(() => Line) set!: Set<Line>;
      @Type(() => Line) map!: Map<string, Line>;
    }
    const price = new Decimal('1.10');
    const line = { sku: 's', quantity: 1 };
    const instance = await toInstance(definitionOf(Typed), {
      price,
      set: new Set([line]),
      map: new Map([['size', line]]),
    });
    expect(instance.price).toBe(price);
    expect([...instance.set]).toEqual([expect.any(Line)]);
    expect([...instance.map]).toEqual([['size', expect.any(Line)]]);
  });
});

describe('encode', () => {
  it('resolves to the instance and its parameters', async () => {
    const { payload, parameters } = await encode(definitionOf(OrderPlaced), valid, {
      validate: true,
    });
    expect(payload).toBeInstanceOf(OrderPlaced);
    expect(parameters).toEqual(valid);
  });

  it('takes an instance as well as a plain payload, and leaves undefined out', async () => {
    const instance = Object.assign(new OrderPlaced(), { ...valid, note: undefined });
    expect(await fields(OrderPlaced, instance)).toEqual([':orderId', '"o1"', ':quantity', '2']);
    expect(await fields(OrderPlaced, { ...valid, note: null })).toEqual(
      expect.arrayContaining([':note', 'null']),
    );
  });

  it('refuses with every failed property, paths dotted, values and constraints', async () => {
    const error = await failure(OrderPlaced, {
      quantity: 0,
      extra: 'x',
      placedAt: 'nonsense',
      lines: [
        { sku: 's', quantity: 1 },
        { sku: 5, quantity: 0, color: 'red' },
      ],
    });
    expect(error.canonicalName).toBe('store.orders.placed');
    const found = Object.fromEntries(error.properties.map((each) => [each.path, each]));
    expect(Object.keys(found).sort()).toEqual([
      'extra',
      'lines.1.color',
      'lines.1.quantity',
      'lines.1.sku',
      'orderId',
      'placedAt',
      'quantity',
    ]);
    expect(found.extra).toEqual({
      path: 'extra',
      value: 'x',
      constraints: { whitelistValidation: 'property extra should not exist' },
    });
    expect(found['lines.1.sku']).toEqual({
      path: 'lines.1.sku',
      value: 5,
      constraints: { isString: 'sku must be a string' },
    });
    expect(found.placedAt?.constraints).toHaveProperty('isDate');
    expect(error.message).toContain("'store.orders.placed' was not sent");
    expect(error.message).toContain('extra: property extra should not exist');
  });

  it('sends what it is given where validation is off', async () => {
    const { parameters } = await encode(
      definitionOf(OrderPlaced),
      { quantity: 'many', extra: 1 },
      { validate: false },
    );
    expect(parameters).toEqual({ quantity: 'many', extra: 1 });
  });

  it('takes null and undefined for an optional property', async () => {
    for (const note of [null, undefined]) {
      await expect(encoded(OrderPlaced, { ...valid, note })).resolves.toBeDefined();
    }
  });

  it('takes an event without properties, and refuses any property on it', async () => {
    expect(await fields(OrderSeen, {})).toEqual([]);
    expect(await fields(OrderSeen, new OrderSeen())).toEqual([]);
    const error = await failure(OrderSeen, { a: 1 });
    expect(error.properties).toEqual([
      { path: 'a', value: 1, constraints: { whitelistValidation: 'property a should not exist' } },
    ]);
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', '__defineGetter__', 'total'])(
    'refuses the unexpected property %s, however other libraries treat it',
    async (name) => {
      const payload = JSON.parse(`{"orderId": "o1", "quantity": 2, "${name}": {"a": 1}}`) as object;
      const { properties } = await failure(OrderPlaced, payload);
      expect(properties.map(({ path }) => path)).toEqual([name]);
      expect({}).not.toHaveProperty('a');
    },
  );

  it('does not count an undecorated field without a value as unexpected', async () => {
    const instance = Object.assign(new OrderPlaced(), valid, { undecorated: undefined });
    await expect(encoded(OrderPlaced, instance)).resolves.toBeDefined();
  });

  it('awaits validators', async () => {
    function Registered(check: () => Promise<boolean>): PropertyDecorator {
      return (target, propertyName) =>
        registerDecorator({
          name: 'registered',
          target: target.constructor,
          propertyName: String(propertyName),
          validator: { validate: check, defaultMessage: () => 'unknown customer' },
        });
    }
    @Event('store.orders.checked')
    class Checked {
      @Registered(() => new Promise((resolve) => setImmediate(() => resolve(false)))) id?: string;
    }
    const { properties } = await failure(Checked, { id: 'c1' });
    expect(properties).toEqual([
      { path: 'id', value: 'c1', constraints: { registered: 'unknown customer' } },
    ]);
  });

  it('says what is missing where a nested object is of no class', async () => {
    @Event('store.orders.untyped')
    class Untyped {
      @ValidateNested() line!: Line | undefined | null | string;
    }
    const error = await failure(Untyped, { line: { sku: 's' } });
    expect(error.properties[0]).toMatchObject({
      path: 'line',
      constraints: { unknownValue: expect.any(String) },
    });
    expect(error.message).toMatch(/needs a @Type.*plainToInstance\(Untyped, /);
  });

  it('writes values of every kind as the serializer promises', async () => {
    const a = {
      date: new Date(0),
      bytes: new Uint8Array([1, 2, 3]),
      buffer: Buffer.from('abc'),
      big: 2n ** 64n,
      decimal: new Decimal('1.10'),
      set: new Set(['x']),
      map: new Map([['size', new Decimal('2')]]),
      constructor: 'kept',
      line: Object.assign(new Line(), { sku: 's', quantity: 1 }),
    };
    expect(await fields(OrderDescribed, { a, b: new Decimal('3') }, false)).toEqual([
      ':a',
      '{"big": 18446744073709551616, "buffer": "YWJj", "bytes": "AQID", "constructor": "kept", ' +
        '"date": "1970-01-01T00:00:00.000Z", "decimal": "1.10", "line": {"quantity": 1, "sku": "s"}, ' +
        '"map": {"size": "2"}, "set": ["x"]}',
      ':b',
      '"3"',
    ]);
  });

  it("honours class-transformer's decorators, in nested objects too", async () => {
    class Customer {
      @Allow() @Expose({ name: 'full_name' }) name!: string;
      @Allow() @Exclude() password!: string;
      @Allow() @Transform(({ value }) => (value as Decimal).toJSON().length) limit!: Decimal;
    }
    @Event('store.customers.registered')
    class CustomerRegistered {
      @ValidateNested() customer!: Customer;
      @ValidateNested({ each: true }) others!: Set<Customer>;
      @Allow() byId!: Record<string, Customer>;
      @Exclude() helper = (): string => 'never called';
    }
    const customer = Object.assign(new Customer(), {
      name: 'Ann',
      password: 'x',
      limit: new Decimal('100'),
    });
    const event = Object.assign(new CustomerRegistered(), {
      customer,
      others: new Set([customer]),
      byId: { size: customer },
    });
    const json = '{"full_name": "Ann", "limit": 3}';
    expect(await fields(CustomerRegistered, event, false)).toEqual([
      ...[':customer', json, ':others', `[${json}]`, ':byId', `{"size": ${json}}`],
    ]);
  });

  it('does not round a bigint that has @Type(() => Number)', async () => {
    @Event('store.orders.counted')
    class Counted {
      @Allow() @Type(() => Number) count!: number | bigint;
    }
    const event = Object.assign(new Counted(), { count: 2n ** 64n });
    expect(await fields(Counted, event)).toEqual([':count', '18446744073709551616']);
  });

  it('refuses what JSON can not carry', async () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    await expect(fields(OrderDescribed, { a: cycle })).rejects.toThrow(EventSerializationError);
    await expect(fields(OrderDescribed, { a: 1, b: [0, { x: cycle }] })).rejects.toThrow(
      "the object at 'b.1.x.self' contains itself",
    );
    await expect(fields(OrderDescribed, { a: { f: () => 1 } })).rejects.toThrow(
      EventSerializationError,
    );
    await expect(fields(OrderDescribed, { a: Promise.resolve(1) }, false)).rejects.toThrow(
      'await it',
    );
    await expect(fields(OrderDescribed, { a: new Date(NaN) }, false)).rejects.toThrow(
      'invalid Date',
    );
    await expect(fields(OrderDescribed, { a: new Map([[1, 2]]) }, false)).rejects.toThrow(
      'as its key',
    );
    await expect(fields(OrderDescribed, { a: () => 1 })).rejects.toThrow(/'a' is a function/);
  });

  it('takes maps with very many keys in linear time', async () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i]));
    expect(await fields(OrderDescribed, { a: many })).toHaveLength(2);
  });

  it('validates inherited rules, and an instance of a subclass that is no event of its own', async () => {
    class BaseEvent {
      @IsInstance(Date) at!: Date;
    }
    @Event('store.orders.derived')
    class Derived extends BaseEvent {
      @IsString() id!: string;
    }
    class Special extends Derived {}
    // Of which the properties are taken.
    const special = Object.assign(new Special(), { at: new Date(0), id: 'x' });
    expect(await fields(Derived, special)).toEqual([
      ...[':at', '"1970-01-01T00:00:00.000Z"', ':id', '"x"'],
    ]);
    const { properties } = await failure(Derived, { id: 'x' });
    expect(properties.map(({ path }) => path)).toEqual(['at']);
  });
});
