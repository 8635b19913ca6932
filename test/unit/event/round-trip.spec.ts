import { isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { Expose, Transform, Type } from 'class-transformer';
import {
  IsArray,
  Allow,
  IsBoolean,
  IsDate,
  IsEnum,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  ValidateNested,
} from 'class-validator';
import { Event } from '../../../lib/event/event.decorator.js';
import { EventValidationError } from '../../../lib/fire-errors.js';
import { trip } from './trip.js';

class Point {
  @IsInt() x!: number;
  @IsInt() y!: number;
}
class Point3D extends Point {
  @IsInt() z!: number;
}
abstract class Shape {}
class Circle extends Shape {
  @IsInt() radius!: number;
}
class Square extends Shape {
  @IsInt() side!: number;
}
/** Says itself which one it is. */
class Tagged extends Shape {
  @IsString() kind!: string;
}
enum Colour {
  red,
  green = 5,
}
const solid = Object.assign(new Point3D(), { x: 1, y: 2, z: 3 });
const tagged = Object.assign(new Tagged(), { kind: 'tagged' });
const point = Object.assign(new Point(), { x: 1, y: 2 });

const SHAPES = {
  discriminator: {
    property: 'kind',
    subTypes: [
      { value: Circle, name: 'circle' },
      { value: Square, name: 'square' },
      { value: Tagged, name: 'tagged' },
    ],
  },
};

/** Nothing but what TypeScript says. */
@Event('trip.plain')
class Plain {
  @Allow() at?: Date;
  @Allow() bytes?: Uint8Array;
  @Allow() buffer?: Buffer;
  @Allow() link?: URL;
  @Allow() total?: bigint;
  @Allow() tags?: Set<string>;
  @Allow() sizes?: Map<string, number>;
  @ValidateNested() point?: Point;
  @Allow() numbers?: Float64Array;
}

@Event('trip.said')
class Said {
  @IsOptional()
  @IsArray({ each: true })
  @ValidateNested({ each: true })
  @Type(() => Point)
  rings?: Point[][];
  @IsOptional() @ValidateNested({ each: true }) @Type(() => Point) byName?: Map<string, Point>;
  @IsOptional() @ValidateNested({ each: true }) @Type(() => Point) set?: Set<Point>;
  @IsOptional() @ValidateNested() @Type(() => Shape, SHAPES) shape?: Circle | Square | Tagged;
  @IsOptional() @ValidateNested({ each: true }) @Type(() => Shape, SHAPES) shapes?: Shape[];
  @IsOptional()
  @ValidateNested()
  @Type(() => Shape, { ...SHAPES, keepDiscriminatorProperty: true })
  kept?: Tagged;
  @IsOptional() @Type(() => Float64Array) rows?: Float64Array[];
  @IsOptional() @IsDate({ each: true }) dates?: Date[];
  @IsOptional() @IsDate() @Type(() => Date) typed?: Date | null;
  @IsOptional() @IsString() @Expose({ name: 'order_id' }) orderId?: string;
  @IsOptional() @IsString() @Expose({ name: 'b' }) a?: string;
  @IsOptional() @IsString() @Expose({ name: 'a' }) b?: string;
  @IsOptional() @IsBoolean() @Type(() => Boolean) active?: boolean;
  @IsOptional() @IsEnum(Colour) colour?: Colour;
  @IsOptional() @IsObject() free?: Record<string, unknown>;
  @IsOptional() @IsString() status?: string = 'new';
  @IsOptional()
  @Transform(({ value }) => new Set(value as string[]), { toClassOnly: true })
  @Allow()
  own?: Set<string>;
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const each of value instanceof Map || value instanceof Set
    ? value.values()
    : Object.values(value)) {
    freeze(each);
  }
  return Object.freeze(value);
}

describe('what is fired comes back as it was', () => {
  it.each<[string, new () => object, object]>([
    ['a date', Plain, { at: new Date(5) }],
    ['bytes', Plain, { bytes: Uint8Array.of(0, 255) }],
    ['a buffer', Plain, { buffer: Buffer.from('abc') }],
    ['no bytes', Plain, { bytes: new Uint8Array() }],
    ['a URL', Plain, { link: new URL('https://example.org/a?b#c') }],
    ['a small bigint', Plain, { total: 5n }],
    ['a large bigint', Plain, { total: -(2n ** 80n) }],
    ['a set', Plain, { tags: new Set(['a', 'b']) }],
    ['a map', Plain, { sizes: new Map([['constructor', 1]]) }],
    ['an object whose class TypeScript names', Plain, { point }],
    ['numbers', Plain, { numbers: Float64Array.of(0.5, -0, 1e300) }],
    ['a list of lists', Said, { rings: [[point, point], []] }],
    ['a map of objects', Said, { byName: new Map([['a', point]]) }],
    ['a set of objects', Said, { set: new Set([point]) }],
    ['one of several classes', Said, { shape: Object.assign(new Square(), { side: 2 }) }],
    ['one that says itself which it is', Said, { kept: tagged, shape: tagged }],
    ['several of them', Said, { shapes: [Object.assign(new Circle(), { radius: 1 })] }],
    [
      'a list of what is written as a list',
      Said,
      { rows: [Float64Array.of(1), Float64Array.of()] },
    ],
    ['dates, by their rule', Said, { dates: [new Date(5)] }],
    ['null', Said, { typed: null }],
    ['what has another name', Said, { orderId: 'o1' }],
    ['names that are swapped', Said, { a: '1', b: '2' }],
    ['an enum', Said, { colour: Colour.green }],
    ['JSON', Said, { free: { constructor: [1, null, { toString: -0 }], big: 2n ** 64n } }],
    ['what has a @Transform', Said, { own: new Set(['a']) }],
  ])('%s', async (_, type, properties) => {
    const before = structuredCloneable(properties);
    for (const value of [properties, Object.assign(new type(), properties)]) {
      freeze(value);
      const { fired, back, notes } = await trip(type, value);
      // Jest takes an own property `constructor` for the class.
      expect(isDeepStrictEqual(back, fired)).toBe(true);
      expect(isDeepStrictEqual(back, Object.assign(new type(), properties))).toBe(true);
      expect(notes).toEqual([undefined, undefined]);
      expect(structuredCloneable(properties)).toEqual(before);
    }
  });

  it('writes the name of the class, and leaves the object alone', async () => {
    const shape = Object.assign(new Square(), { side: 2 });
    const { sent } = await trip(Said, { shape });
    expect(sent.shape).toEqual({ side: 2, kind: 'square' });
    expect(Object.keys(shape)).toEqual(['side']);
    const { back } = await trip(Said, { shape: { kind: 'square', side: 2 } });
    expect(back.shape).toStrictEqual(shape);
  });

  it('takes an event as it was when it was fired', async () => {
    const free = { n: 1 };
    const tripping = trip(Said, { free });
    free.n = 2;
    expect((await tripping).sent.free).toEqual({ n: 1 });
  });

  it('fires what stands for a value, with a note where a date has no offset', async () => {
    const { back, notes } = await trip(Said, { active: 'false', typed: '2026-11-27T05:13' });
    expect(back).toMatchObject({ active: false, typed: new Date('2026-11-27T05:13Z') });
    expect(notes).toEqual(['Said.typed has no offset and is read as UTC', undefined]);
  });
});

const KEY = Symbol('key');

describe('what would not come back is refused', () => {
  it.each<[string, string, new () => object, object]>([
    ['a date where nothing says so', 'free.at', Said, { free: { at: new Date(5) } }],
    ['a set where nothing says so', 'free.list.0', Said, { free: { list: [new Set()] } }],
    ['a map where nothing says so', 'free.map', Said, { free: { map: new Map() } }],
    ['an instance where nothing says so', 'free.p', Said, { free: { p: point } }],
    [
      'what writes itself where nothing says so',
      'free.o',
      Said,
      { free: { o: { toJSON: () => 1 } } },
    ],
    [
      'an object that says another class than its own',
      'kept.kind',
      Said,
      Object.assign(new Said(), {
        kept: Object.assign(new Tagged(), { kind: 'square' }),
      }),
    ],
    ['a small bigint where nothing says so', 'free.n', Said, { free: { n: 5n } }],
    ['a symbol as a key', 'Symbol(key)', Said, { active: true, [KEY]: 1 }],
    ['a symbol of an instance', 'Symbol(key)', Said, Object.assign(new Said(), { [KEY]: 1 })],
    ['a symbol deep inside', 'free.a.Symbol(key)', Said, { free: { a: { [KEY]: 1 } } }],
    [
      'a symbol beside items',
      'free.l.Symbol(key)',
      Said,
      { free: { l: Object.assign([1], { [KEY]: 1 }) } },
    ],
    [
      "a function's arguments",
      'free.args',
      Said,
      { free: { args: runInNewContext('(function () { return arguments; })(1, 2)') as unknown } },
    ],
    ['undefined in a list', 'free.l.0', Said, { free: { l: [undefined] } }],
    ['a hole in a list', 'free.l.1', Said, { free: { l: sparse() } }],
    [
      'a key that nobody reads',
      'free.__proto__',
      Said,
      { free: JSON.parse('{"__proto__": 1}') as object },
    ],
    ['an instance of a subclass', 'byName.a', Said, { byName: new Map([['a', solid]]) }],
    [
      'an object of a class that is not listed',
      'shape',
      Said,
      Object.assign(new Said(), { shape: point }),
    ],
    ['a list for a set', 'set', Said, Object.assign(new Said(), { set: [point] })],
    ['an object for a map', 'byName', Said, Object.assign(new Said(), { byName: { a: point } })],
    ['a set for a list', 'dates', Said, { dates: new Set([new Date(5)]) }],
    ['a date beyond the year 9999', 'at', Plain, { at: new Date(8.64e15) }],
    ['a text for a date', 'at', Plain, { at: 'tomorrow' }],
    ['a text for a bigint', 'total', Plain, { total: '0x10' }],
    ['the name of an enum member', 'colour', Said, { colour: 'green' }],
    [
      'nothing where the class has something',
      'status',
      Said,
      Object.assign(new Said(), { status: undefined }),
    ],
    ["what a boolean's text is not", 'active', Said, { active: 'yes' }],
  ])('%s', async (_, path, type, properties) => {
    const error: unknown = await trip(type, properties).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EventValidationError);
    expect((error as EventValidationError).properties.map((one) => one.path)).toContain(path);
  });
});

function structuredCloneable(value: object): unknown {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'bigint') return `${each}n`;
    return each instanceof Map || each instanceof Set ? [...each] : each;
  });
}

function sparse(): unknown[] {
  const list: unknown[] = [1];
  list[2] = 2;
  return list;
}
