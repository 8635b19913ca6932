import { describe, expect, it } from '@jest/globals';
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import {
  Allow,
  IsDate,
  IsInt,
  IsOptional,
  IsString,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { decode, encode, validateIncoming } from '../../../lib/event/codec.js';
import { Event, getEventDefinition } from '../../../lib/event/event.decorator.js';
import { deserialize, serialize } from '../../../lib/wire/by-field.js';

class Address {
  @IsString() street!: string;
  @IsOptional() @IsDate() @Type(() => Date) since?: Date;
}

@Event('store.orders.placed')
class OrderPlaced {
  @IsString() orderId!: string;
  @IsInt() quantity!: number;
  @IsDate() @Type(() => Date) placedAt!: Date;
  @IsOptional() @ValidateNested() @Type(() => Address) address?: Address;
  @IsOptional() @ValidateNested({ each: true }) @Type(() => Address) others?: Address[];
  total(): number {
    return this.quantity;
  }
}

/** Every kind of `@Type`. */
class Typed {
  @Type(() => Number) number?: number;
  @Type(() => String) string?: string;
  @Type(() => Boolean) boolean?: boolean;
  @Type(() => Date) date?: Date;
  @Type(() => Date) dates?: Date[];
  @Type(() => Buffer) buffer?: Buffer;
  @Type(() => Uint8Array) bytes?: Uint8Array;
  @Type(() => Address) address?: Address;
  @Type(() => Address) map?: Map<string, Address>;
  @Type(() => Address) set?: Set<Address>;
  untyped?: unknown;
}

const valid = { orderId: 'o1', quantity: 2, placedAt: '2024-01-02T03:04:05.678Z' };

function cast<T extends object>(type: new () => T, json: string): { payload: T; note?: string } {
  const { payload, note } = decode(type, JSON.parse(json) as Record<string, unknown>, {
    cast: true,
  });
  expect(payload).toBeInstanceOf(type);
  return { payload: payload as T, note };
}

function ownOf(payload: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(payload));
}

describe('decode', () => {
  it('makes an instance of the class, without a note', () => {
    const address = { street: 'High St', since: '2024-01-02T00:00:00+05:30' };
    const { payload, note } = cast(
      OrderPlaced,
      JSON.stringify({ ...valid, address, others: [address] }),
    );
    expect(note).toBeUndefined();
    expect(payload.placedAt).toEqual(new Date(valid.placedAt));
    expect(payload.address).toBeInstanceOf(Address);
    expect(payload.others).toEqual([payload.address]);
    expect(payload.address?.since).toEqual(new Date('2024-01-01T18:30:00Z'));
    expect(payload.total()).toBe(2);
  });

  it('hands parameters over as they are without a class, or with casting off', () => {
    const parameters = { placedAt: 'x' };
    expect(decode(undefined, parameters, { cast: true })).toEqual({ payload: parameters });
    expect(decode(OrderPlaced, parameters, { cast: false })).toEqual({ payload: parameters });
  });

  it('takes any event: unknown, missing and wrong properties', () => {
    const { payload, note } = cast(OrderPlaced, '{"quantity": "many", "extra": {"a": [1]}}');
    expect(note).toBe('OrderPlaced.quantity was not cast (no number)');
    expect(ownOf(payload)).toEqual({ quantity: 'many', extra: { a: [1] } });
  });

  it('keeps what can not be cast, and names it', () => {
    const { payload, note } = cast(
      OrderPlaced,
      '{"placedAt": "next tuesday", "orderId": "o1", ' +
        '"address": {"street": "High St", "since": "nonsense"}, "others": ["x", {"street": "y"}]}',
    );
    expect(payload).toMatchObject({
      placedAt: 'next tuesday',
      orderId: 'o1',
      address: { street: 'High St', since: 'nonsense' },
      others: ['x', { street: 'y' }],
    });
    expect(payload.address).toBeInstanceOf(Address);
    expect(payload.others?.[1]).toBeInstanceOf(Address);
    expect(note).toBe(
      'OrderPlaced.placedAt was not cast (no date); Address.since was not cast (no date); ' +
        'OrderPlaced.others was not cast (no object)',
    );
  });

  it.each([
    ['{"number": "5"}', { number: 5 }],
    ['{"number": null}', { number: null }],
    ['{"number": "-1.5e2"}', { number: -150 }],
    ['{"boolean": "false"}', { boolean: false }],
    [
      '{"date": "2024-01-02T03:04:05.678901+02:00"}',
      { date: new Date('2024-01-02T01:04:05.678Z') },
    ],
    ['{"date": null}', { date: null }],
    ['{"dates": ["2024-01-02T00:00Z"]}', { dates: [new Date('2024-01-02')] }],
    ['{"buffer": "AP8="}', { buffer: Buffer.from([0, 255]) }],
    ['{"bytes": ""}', { bytes: new Uint8Array() }],
    [
      '{"map": {"size": {"street": "s"}, "get": null}}',
      {
        map: new Map([
          ['size', Object.assign(new Address(), { street: 's' })],
          ['get', null],
        ]),
      },
    ],
    [
      '{"set": [{"street": "s"}]}',
      { set: new Set([Object.assign(new Address(), { street: 's' })]) },
    ],
    ['{"untyped": {"constructor": "x", "then": 1}}', { untyped: { constructor: 'x', then: 1 } }],
  ])('casts %s', (json, expected) => {
    const { payload, note } = cast(Typed, json);
    expect(ownOf(payload)).toEqual(expected);
    expect(note).toBeUndefined();
  });

  it.each([
    '{"number": "many"}',
    '{"number": {"a": 1}}',
    '{"number": ""}',
    '{"number": "0x10"}',
    '{"number": " 5"}',
    '{"number": "9007199254740993"}',
    '{"number": "1e400"}',
    '{"number": true}',
    '{"string": {"a": 1}}',
    '{"string": 5}',
    '{"boolean": "no"}',
    '{"boolean": 0}',
    '{"boolean": {}}',
    '{"date": 1704164645000}',
    '{"date": "5"}',
    '{"date": "2024-02-30"}',
    '{"date": "nonsense"}',
    '{"date": ""}',
    '{"date": true}',
    '{"date": {"a": 1}}',
    '{"dates": ["x"]}',
    '{"buffer": "no base64!"}',
    '{"address": "High St"}',
    '{"address": 5}',
    '{"map": "x"}',
  ])('keeps %s as it was received, with a note', (json) => {
    const { payload, note } = cast(Typed, json);
    expect(ownOf(payload)).toEqual(JSON.parse(json));
    expect(note).toMatch(/^Typed\.\w+ was not cast \(.+\)$/);
  });

  it.each(['2024-01-02', '2024-01-02 03:04', '2024-01-02T03:04:05.678'])(
    'reads %s, which has no offset, as UTC, with a note',
    (text) => {
      const { payload, note } = cast(Typed, JSON.stringify({ date: text }));
      const utc = text.length > 10 ? `${text.replace(' ', 'T')}Z` : text;
      expect(payload.date).toEqual(new Date(utc));
      expect(note).toBe('Typed.date has no offset and is read as UTC');
    },
  );

  it('never rounds a bigint', () => {
    const parameters = {
      untyped: 2n ** 64n,
      number: 2n ** 64n,
      string: 2n ** 64n,
      date: 2n ** 64n,
    };
    const { payload, note } = decode(Typed, parameters, { cast: true });
    expect(ownOf(payload)).toEqual({ ...parameters, string: 2n ** 64n });
    expect(note).toMatch(/Typed\.string.*Typed\.date/);
  });

  it('keeps the value where a @Transform throws or makes nothing of it', () => {
    class Transformed {
      @Transform(({ value }) => (value as string).trim()) name?: unknown;
      @Transform(({ value }) => new Date(value as string)) at?: unknown;
      @Transform(({ value }) => BigInt(value as string)) count?: unknown;
      @Transform(({ value }) => (value as string).toUpperCase()) fine?: unknown;
    }
    const { payload, note } = cast(
      Transformed,
      '{"name": 5, "at": "x", "count": "y", "fine": "z"}',
    );
    expect(ownOf(payload)).toEqual({ name: 5, at: 'x', count: 'y', fine: 'Z' });
    expect(note).toMatch(/Transformed\.name.*Transformed\.at.*Transformed\.count/);
    expect(note).not.toContain('fine');
  });

  it('makes an instance even where the constructor throws', () => {
    class Demanding {
      constructor(readonly lines: string[]) {
        if (lines.length === 0) throw new Error('no lines');
      }
    }
    const type = Demanding as unknown as new () => Demanding;
    const { payload, note } = cast(type, '{"lines": ["a"], "__proto__": {"polluted": 1}}');
    expect(ownOf(payload)).toEqual({ lines: ['a'] });
    expect(note).toMatch(/^Demanding was made without its constructor \(/);
  });

  it('makes a nested instance where its constructor throws', () => {
    class Part {
      constructor() {
        throw new Error('abstract');
      }
    }
    class Whole {
      @Type(() => Part) part?: Part;
    }
    const { payload, note } = cast(Whole, '{"part": {"a": 1}}');
    expect(payload.part).toBeInstanceOf(Part);
    expect(ownOf(payload)).toEqual({ part: { a: 1 } });
    expect(note).toBe('Part was made without its constructor (abstract)');
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', '__defineGetter__', 'prototype'])(
    'keeps a parameter named %s as an own property',
    (name) => {
      const { payload, note } = cast(OrderPlaced, `{"${name}": {"prototype": {"polluted": 1}}}`);
      expect(Object.entries(payload)).toEqual([[name, { prototype: { polluted: 1 } }]]);
      expect(note).toBeUndefined();
      expect({}).not.toHaveProperty('polluted');
    },
  );

  it('changes no prototype, whatever the keys are', () => {
    const json =
      '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, ' +
      '"address": {"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}, ' +
      '"untyped": {"__proto__": {"polluted": 1}}}';
    const { payload } = cast(Typed, json);
    for (const object of [{}, payload, payload.address, new Typed(), new Address()]) {
      expect((object as { polluted?: unknown }).polluted).toBeUndefined();
    }
    expect(Object.getPrototypeOf(payload)).toBe(Typed.prototype);
    expect(Object.getPrototypeOf(payload.address)).toBe(Address.prototype);
  });

  it('leaves out, with a note, what is named like a method of the class', () => {
    const { payload, note } = cast(OrderPlaced, '{"quantity": 2, "total": 5}');
    expect(payload.total()).toBe(2);
    expect(note).toBe('total was left out (the class has such a method)');
  });

  it("honours class-transformer's decorators", () => {
    class Renamed {
      @Expose({ name: 'full_name' }) name?: string;
      @Exclude() secret?: string;
      quantity = 1;
    }
    const { payload, note } = cast(Renamed, '{"full_name": "Ann", "secret": "x"}');
    expect(ownOf(payload)).toEqual({ name: 'Ann', quantity: 1 });
    expect(note).toBeUndefined();
  });

  it('never throws, whatever JSON a parameter of any type holds', () => {
    const names = Object.keys(new Typed()).concat(
      ...[
        'number',
        'string',
        'boolean',
        'date',
        'dates',
        'buffer',
        'bytes',
        'address',
        'map',
        'set',
      ],
    );
    const values: unknown[] = [
      ...[
        null,
        true,
        0,
        -1.5,
        NaN,
        Infinity,
        2n ** 64n,
        '',
        'x',
        'AP8=',
        [],
        [[]],
        [null],
        [{}],
        {},
      ],
      ...[
        { constructor: null },
        { then: 1 },
        { then: {} },
        { length: 5 },
        { size: 1 },
        { toJSON: 1 },
      ],
      ...[
        { street: { street: [] } },
        { since: [] },
        { since: { since: true } },
        'a'.repeat(100_000),
      ],
      JSON.parse('{"__proto__": [], "100000000": 1}'),
    ];
    for (const name of names) {
      for (const value of values) {
        const { payload } = decode(Typed, { [name]: value }, { cast: true });
        expect(payload).toBeInstanceOf(Typed);
        expect(payload).toHaveProperty(name);
      }
    }
  });

  it('takes values that are nested deeply or have very many keys', () => {
    const deep = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) as unknown;
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i]));
    for (const value of [deep, many]) {
      const { payload } = decode(Typed, { untyped: value, dates: value }, { cast: true });
      expect((payload as Typed).untyped).toBe(value);
    }
  });

  it('gets back what was fired', async () => {
    const definition = getEventDefinition<OrderPlaced>(OrderPlaced);
    if (!definition) throw new Error('no @Event');
    const event = Object.assign(new OrderPlaced(), {
      ...{ orderId: 'o1', quantity: 2, placedAt: new Date() },
      address: Object.assign(new Address(), { street: 'é', since: new Date(0) }),
    });
    const { parameters } = await encode(definition, event, { validate: true });
    const fields = serialize({ id: 'i', apiName: 'a', eventName: 'e', version: 1, parameters });
    const entry = deserialize(fields, 'a.*:stream', '1-0');
    if (entry.kind !== 'event') throw new Error(entry.kind);
    expect(decode(OrderPlaced, entry.parameters, { cast: true })).toStrictEqual({ payload: event });
  });
});

describe('validateIncoming', () => {
  it('finds nothing wrong with a valid event, received or cast', async () => {
    expect(await validateIncoming(OrderPlaced, valid)).toEqual([]);
    const { payload } = decode(OrderPlaced, valid, { cast: true });
    expect(await validateIncoming(OrderPlaced, payload)).toEqual([]);
  });

  it('finds invalid, missing and unknown properties', async () => {
    const parameters = {
      quantity: 'x',
      placedAt: 'nonsense',
      extra: 1,
      constructor: 2,
      address: { a: 1 },
    };
    const invalid = await validateIncoming(OrderPlaced, parameters);
    expect(invalid.map(({ path }) => path).sort()).toEqual([
      'address.a',
      'address.street',
      'constructor',
      'extra',
      'orderId',
      'placedAt',
      'quantity',
    ]);
  });

  it('counts a validator that throws as a failure', async () => {
    class Broken {
      @ValidateIf(() => {
        throw new Error('no database');
      })
      @Allow()
      other?: unknown;
    }
    const [failed] = await validateIncoming(Broken, { other: 1 });
    expect(failed).toMatchObject({ path: 'other', value: 1 });
    expect(JSON.stringify(failed)).toContain('(no database)');
  });
});
