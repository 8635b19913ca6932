import type { Type as Class } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Exclude, Expose, Type } from 'class-transformer';
import {
  Allow,
  IsArray,
  IsDate,
  IsInstance,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { surveyClass } from '../../../lib/event/class-survey.js';
import { decode } from '../../../lib/event/codec.js';
import { Event } from '../../../lib/event/event.decorator.js';
import { EventSerializationError, EventValidationError } from '../../../lib/fire-errors.js';
import { classSchema } from '../../../lib/event/schema/class-schema.js';
import { trip } from './trip.js';

class Money {
  @IsInt() cents: number;
  constructor(money: { cents: number }) {
    this.cents = money.cents;
  }
}

@Event('kinds.paid')
class Paid {
  @ValidateNested() @Type(() => Money) price!: Money;
}

@Event('kinds.frozen')
class Frozen {
  @IsInt() x!: number;
  @IsOptional() @IsString() y?: string;
  constructor(properties: Partial<Frozen> = {}) {
    Object.assign(this, properties);
    Object.freeze(this);
  }
}

@Event('kinds.counted')
class Counted {
  #count = 0;
  @Allow() get count(): unknown {
    return this.#count;
  }
  set count(count: unknown) {
    if (Number(count) < 0) throw new RangeError('less than none');
    this.#count = count as number;
  }
}

@Event('kinds.hidden')
class Hidden {
  #cents: number;
  constructor(cents = 0) {
    this.#cents = cents;
  }
  @IsInt() a = 1;
  @Expose() get cents(): number {
    return this.#cents;
  }
  @Expose() get double(): number {
    return this.a * 2;
  }
}

@Event('kinds.locked')
class Locked {
  #x?: number;
  @IsInt() get x(): number | undefined {
    return this.#x;
  }
  set x(x: number | undefined) {
    this.#x = x;
  }
  constructor(options: { x: number }) {
    this.#x = options.x;
  }
}

@Event('kinds.unsaid')
class Unsaid {
  @IsOptional() @IsInstance(Set) @IsString({ each: true }) set?: ReadonlySet<string> | null;
  @IsOptional() @IsInstance(Map) @Type(() => Date) map?: ReadonlyMap<string, Date> | null;
  @IsOptional()
  @IsArray({ each: true })
  @ValidateNested({ each: true })
  @Type(() => Point)
  lists?: Map<string, Point[]>;
  @IsOptional() @Type(() => Date) date?: Date | null;
  @IsOptional() @ValidateNested({ each: true }) @Type(() => Point) points?: Point[] | null;
}
class Point {
  @IsInt() x!: number;
}
const point = Object.assign(new Point(), { x: 1 });

class Cat {
  @IsString() name!: string;
  kind?: string;
}
const CATS = { discriminator: { property: 'kind', subTypes: [{ value: Cat, name: 'cat' }] } };

@Event('kinds.marked')
class Marked {
  @IsOptional() @Exclude() cache?: unknown;
  @Exclude() helper?: () => number;
  @ValidateNested() @Type(() => Cat, { ...CATS, keepDiscriminatorProperty: true }) cat!: Cat;
}
const cat = Object.assign(new Cat(), { name: 'Tom', kind: 'cat' });

@Event('kinds.shown')
class Shown {
  @IsDate() at!: Date;
  @Expose({ name: 'order_id' }) @IsString() orderId!: string;
  toJSON(): string {
    return this.orderId;
  }
}

@Event('kinds.failed')
class Failed extends Error {
  @IsString() code!: string;
}

@Event('kinds.short')
class Short {
  @IsOptional() @MaxLength(3) text?: string;
  @Allow() free?: unknown;
  @IsOptional() @IsArray() @MaxLength(3, { each: true }) texts?: string[];
}

@Event('kinds.named')
class Named {
  @IsString() toString!: never;
}

function make<T extends object>(type: new () => T, properties: object): T {
  return Object.assign(new type(), properties);
}

describe('what is fired comes back, whatever its class is like', () => {
  it.each<[string, Class<object>, object]>([
    ['a nested class that needs arguments', Paid, { price: new Money({ cents: 5 }) }],
    ['a class that freezes what it makes', Frozen, new Frozen({ x: 1, y: 'a' })],
    ['a payload of one', Frozen, { x: 1 }],
    ['a set whose type TypeScript does not tell', Unsaid, { set: new Set(['a']) }],
    ['a map whose type it does not tell', Unsaid, { map: new Map([['a', new Date(5)]]) }],
    ['an event with toJSON', Shown, make(Shown, { at: new Date(5), orderId: 'o' })],
    ['a map of lists of objects', Unsaid, { lists: new Map([['a', [point, point]]]) }],
  ])('%s', async (_, type, value) => {
    const { fired, back } = await trip(type, value);
    expect(isDeepStrictEqual(back, fired)).toBe(true);
  });

  it('what its setters took', async () => {
    const { back, notes } = await trip(Counted, make(Counted, { count: 4 }));
    expect(back.count).toBe(4);
    expect(Object.keys(back)).toEqual([]);
    expect(notes).toEqual([undefined, undefined]);
  });

  it('the property that says of which class it is, where that is kept', async () => {
    const { back } = await trip(Marked, { cat: { name: 'Tom', kind: 'cat' } });
    expect(back.cat).toStrictEqual(cat);
    expect((await trip(Marked, make(Marked, { cat }))).back.cat).toStrictEqual(cat);
  });

  it('without what is excluded, which is no unknown property', async () => {
    const event = make(Marked, { cat, cache: new Map(), helper: () => 1 });
    expect(Object.keys((await trip(Marked, event)).sent)).toEqual(['cat']);
  });
});

describe('what of a class would not come back is refused by name', () => {
  it.each<[string, string, RegExp, Class<object>, object]>([
    ['what only a getter tells', 'cents', /or have a setter/, Hidden, new Hidden(5)],
    ['what its setter takes, of another type', 'count', /Set/, Counted, { count: new Set() }],
    ['what its setter does not take', 'count', /its setter/, Counted, { count: -1 }],
    ['private fields nobody can make', 'x', /constructor/, Locked, new Locked({ x: 1 })],
    ['a list that nothing declares', 'date', /@IsArray/, Unsaid, { date: [new Date(5)] }],
    ['a set declared as a list', 'points', /@IsInstance/, Unsaid, { points: new Set([point]) }],
    ['more code points than its schema allows', 'text', /3 code points/, Short, { text: '❤️❤️' }],
    ['such a text in a list', 'texts', /3 code points/, Short, { texts: ['a', '❤️❤️'] }],
    ['a name that class-validator trips over', 'toString', /@Expose/, Named, { toString: 'a' }],
  ])('%s', async (_, path, message, type, value) => {
    const error: unknown = await trip(type, value).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EventValidationError);
    expect((error as EventValidationError).properties.map((one) => one.path)).toEqual([path]);
    expect((error as EventValidationError).message).toMatch(message);
  });

  it('what two properties send under one name, and what nobody reads', async () => {
    @Event('kinds.confused')
    class Confused {
      @IsOptional() @Expose({ name: 'x' }) @IsString() one?: string;
      @IsOptional() @Expose({ name: 'x' }) @IsString() two?: string;
      @IsOptional() @Expose({ name: 'y', toPlainOnly: true }) @IsString() unread?: string;
    }
    await expect(trip(Confused, { one: 'a', two: 'b' })).rejects.toThrow(
      /nobody reads it from 'x'/,
    );
    await expect(trip(Confused, { unread: 'a' })).rejects.toThrow(/nobody reads it from 'y'/);
    expect((await trip(Confused, { two: 'b' })).back.two).toBe('b');
  });

  it('what throws where it is read, with its path', async () => {
    const inner = Object.defineProperty({}, 'a', {
      enumerable: true,
      get: () => {
        throw new Error('boom');
      },
    });
    const firing = trip(Short, { free: { list: [inner] } });
    await expect(firing).rejects.toBeInstanceOf(EventSerializationError);
    await expect(firing).rejects.toThrow(/the object at 'free.list.0' can't be read \(boom\)/);
  });

  it.each<[string, RegExp, Class<object>]>([
    ['a name that class-validator trips over', /^Named\.toString can't be validated/, Named],
    ['an event that is of the language', /^Failed extends a built-in class/, Failed],
    ['a nested class that needs arguments', /^Money can't be made without arguments/, Paid],
  ])('and told at the start: %s', (_, finding, type) => {
    const findings = surveyClass(type);
    expect(findings).toEqual([expect.stringMatching(finding)]);
  });
});

describe('what is received', () => {
  it.each<[string, Class<object>, Record<string, unknown>, RegExp]>([
    ['is kept where a setter throws', Counted, { count: -1 }, /Counted\.count was not cast/],
    ['has the class that needs arguments', Locked, { x: 1 }, /Locked\.x was not cast/],
  ])('%s', (_, type, parameters, note) => {
    const decoded = decode(type, parameters, { cast: true });
    expect(decoded.payload).toBeInstanceOf(type);
    expect({ ...decoded.payload }).toEqual(parameters);
    expect(decoded.note).toMatch(note);
  });

  it('is no object in the schema, where class-validator takes it for one only', () => {
    class Objects {
      @IsObject() set!: Set<string>;
      @IsObject() map!: Map<string, number>;
      @IsObject() at!: Date;
      @IsObject() free!: unknown;
      @IsDate() fine!: Date;
    }
    const { properties, required } = classSchema(Objects);
    const object = { type: 'object' };
    const at = { type: 'string', format: 'date-time' };
    expect(properties).toMatchObject({ set: { type: 'array' }, map: object, at, free: object });
    expect(required).toEqual(['set', 'map', 'at', 'free', 'fine']);
  });
});
