import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import {
  Allow,
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  Equals,
  IsArray,
  IsBoolean,
  IsDate,
  IsDefined,
  IsEmail,
  IsEmpty,
  IsEnum,
  IsIn,
  IsInt,
  IsLatitude,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsOptional,
  IsPositive,
  IsString,
  IsUrl,
  IsUUID,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  NotEquals,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { classSchema } from '../../../../lib/event/schema/class-schema.js';

function property(type: new () => object, name = 'p') {
  return classSchema(type).properties?.[name];
}

const NOT_NULL = { not: { type: 'null' } };
const DATE = { type: 'string', format: 'date-time', pattern: expect.any(String) };

describe('classSchema', () => {
  it('refuses what the class does not name, and asks for what it needs', () => {
    class Event {
      @IsString() name!: string;
      @IsOptional() @IsInt() count?: number;
      @Allow() anything: unknown;
    }
    expect(classSchema(Event)).toEqual({
      type: 'object',
      properties: {
        name: { type: 'string' },
        count: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
        anything: {},
      },
      required: ['name'],
      additionalProperties: false,
    });
  });

  it('is that of an event without parameters for a class without rules', () => {
    class Empty {}
    expect(classSchema(Empty)).toEqual({
      type: 'object',
      properties: {},
      additionalProperties: false,
    });
  });

  it('inherits rules', () => {
    class Base {
      @IsString() id!: string;
    }
    class Event extends Base {
      @IsInt() n!: number;
    }
    expect(classSchema(Event)).toMatchObject({
      properties: { id: { type: 'string' }, n: { type: 'integer' } },
      required: ['n', 'id'],
    });
  });

  enum Colour {
    Red = 'red',
    Blue = 'blue',
  }
  enum Level {
    Low,
    High,
  }

  it.each<[string, PropertyDecorator[], object]>([
    ['IsBoolean', [IsBoolean()], { type: 'boolean' }],
    ['IsNumber', [IsNumber()], { type: 'number' }],
    ['IsObject', [IsObject()], { type: 'object' }],
    ['IsDate', [IsDate()], DATE],
    ['IsEmail', [IsEmail()], { type: 'string' }],
    ['IsUUID', [IsUUID()], { type: 'string', format: 'uuid', pattern: expect.any(String) }],
    ['IsUrl, which accepts more than a URI', [IsUrl()], { type: 'string' }],
    ['Matches', [Matches(/^a$/u)], { type: 'string', pattern: '^a(?![\\s\\S])' }],
    ['Matches: Python does not know it', [Matches(/(a)\1/)], { type: 'string' }],
    ['IsEnum of texts', [IsEnum(Colour)], { enum: ['red', 'blue'] }],
    ['IsEnum of numbers', [IsEnum(Level)], { enum: [0, 1] }],
    ['IsIn', [IsIn([1, 'a', null])], { anyOf: [{ enum: [1, 'a'] }, { type: 'null' }] }],
    ['IsIn of objects', [IsIn([new Date()])], NOT_NULL],
    ['Equals', [Equals('x')], { enum: ['x'] }],
    ['Min', [Min(1)], { type: 'number', minimum: 1 }],
    ['IsInt, Min and Max', [IsInt(), Min(1), Max(5)], { type: 'integer', minimum: 1, maximum: 5 }],
    ['the tighter of two', [Min(1), Min(3)], { type: 'number', minimum: 3 }],
    ['IsPositive', [IsPositive()], { type: 'number', exclusiveMinimum: 0 }],
    ['Length', [Length(1, 5)], { type: 'string', minLength: 1, maxLength: 5 }],
    [
      'MinLength and MaxLength',
      [MinLength(2), MaxLength(5)],
      { type: 'string', minLength: 2, maxLength: 5, pattern: expect.any(String) },
    ],
    ['IsLatitude', [IsLatitude()], { anyOf: expect.any(Array) }],
    [
      'IsLatitude as a text',
      [IsLatitude(), IsString()],
      { type: 'string', anyOf: [{ enum: [0] }, { type: 'string', pattern: expect.any(String) }] },
    ],
    ['IsArray', [IsArray()], { type: 'array' }],
    [
      'ArrayNotEmpty',
      [ArrayNotEmpty(), ArrayMaxSize(3)],
      { type: 'array', minItems: 1, maxItems: 3 },
    ],
    ['ArrayUnique', [ArrayUnique()], { type: 'array', uniqueItems: true }],
    ['each', [IsArray(), IsString({ each: true })], { type: 'array', items: { type: 'string' } }],
    ['dates in a list', [IsArray(), IsDate({ each: true })], { type: 'array', items: DATE }],
    ['IsDefined', [IsDefined()], NOT_NULL],
    ['IsNotEmpty', [IsNotEmpty()], { not: { enum: [''] }, allOf: [NOT_NULL] }],
    ['what contradicts itself', [IsString(), IsInt()], { not: {} }],
  ])('%s', (_, decorators, expected) => {
    class Event {
      p!: unknown;
    }
    decorators.forEach((decorate) => decorate(Event.prototype, 'p'));
    expect(property(Event)).toEqual(expected);
    expect(classSchema(Event).required).toEqual(['p']);
  });

  it.each<[string, PropertyDecorator[], object]>([
    ['IsEmpty', [IsEmpty()], { anyOf: [{ enum: [''] }, { type: 'null' }] }],
    ['NotEquals', [NotEquals(1)], { anyOf: [{ not: { enum: [1] } }, { type: 'null' }] }],
    [
      'ValidateIf, beside a type',
      [ValidateIf(() => true), IsString()],
      { anyOf: [{ type: 'string' }, { type: 'null' }] },
    ],
  ])('lets be left out what %s accepts', (_, decorators, expected) => {
    class Event {
      p?: unknown;
    }
    decorators.forEach((decorate) => decorate(Event.prototype, 'p'));
    expect(property(Event)).toEqual(expected);
    expect(classSchema(Event).required).toBeUndefined();
  });

  it.each<[string, PropertyDecorator[]]>([
    ['Allow', [Allow()]],
    ['ValidateIf', [ValidateIf(() => true), IsNotEmpty()]],
    ['a rule under a condition', [IsString({ validateIf: () => false })]],
    ['a custom validator', [ValidateBy({ name: 'isMine', validator: { validate: () => true } })]],
    ['IsOptional alone', [IsOptional()]],
    [
      'a custom validator of an optional property',
      [IsOptional(), ValidateBy({ name: 'toString', validator: { validate: () => true } })],
    ],
  ])('leaves open what %s accepts', (_, decorators) => {
    class Event {
      p?: unknown;
    }
    decorators.forEach((decorate) => decorate(Event.prototype, 'p'));
    expect(classSchema(Event)).toMatchObject({ properties: { p: {} } });
    expect(property(Event)).toEqual({});
    expect(classSchema(Event).required).toBeUndefined();
  });

  it('goes by the type of the property where rules do not say that it is a list', () => {
    class Event {
      @IsString({ each: true }) names!: string[];
      @IsInt({ each: true }) ids!: Set<number>;
      @IsInt({ each: true }) counts!: Map<string, number>;
      @IsString({ each: true }) oneOrMore!: string | string[];
    }
    expect(classSchema(Event).properties).toEqual({
      names: { type: 'array', items: { type: 'string' } },
      ids: { type: 'array', items: { type: 'integer' } },
      counts: {
        type: 'object',
        propertyNames: { not: { enum: ['__proto__'] } },
        additionalProperties: { type: 'integer' },
      },
      oneOrMore: {
        anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
      },
    });
  });

  it('asks for what the class gives a value that is refused', () => {
    class Event {
      @IsOptional() @IsInt() half?: number = 1.5;
      @IsOptional() none?: unknown = NaN;
      @IsOptional() @IsInt() one?: number = 1;
    }
    expect(classSchema(Event).required).toEqual(['half', 'none']);
  });

  describe('with objects inside', () => {
    class Address {
      @IsString() city!: string;
      @IsOptional() @IsString() street?: string;
    }
    const address = {
      title: 'Address',
      type: 'object',
      properties: {
        city: { type: 'string' },
        street: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      },
      required: ['city'],
      additionalProperties: false,
    };

    it('describes them in place', () => {
      class Event {
        @ValidateNested() @IsDefined() one!: Address;
        @ValidateNested() @IsOptional() @Type(() => Address) some?: Address | null;
        @ValidateNested({ each: true }) @IsArray() @Type(() => Address) list!: Address[];
        @ValidateNested({ each: true }) @IsDefined() @Type(() => Address) map!: Map<
          string,
          Address
        >;
      }
      expect(classSchema(Event)).toMatchObject({
        properties: {
          one: address,
          some: { anyOf: [address, { type: 'null' }] },
          list: { type: 'array', items: address },
          map: { type: 'object', additionalProperties: address },
        },
        required: ['one', 'list', 'map'],
      });
    });

    it('comes to an end where a class holds itself', () => {
      class Tree {
        @IsString() name!: string;
        @ValidateNested({ each: true }) @IsArray() @Type(() => Tree) children!: Tree[];
      }
      class Event {
        @ValidateNested() @IsDefined() tree!: Tree;
      }
      expect(property(Event, 'tree')).toEqual({ $ref: '#/definitions/Tree' });
      expect(classSchema(Event).definitions?.Tree).toMatchObject({
        title: 'Tree',
        properties: { children: { type: 'array', items: { $ref: '#/definitions/Tree' } } },
      });
    });

    it('is closed, whatever subclasses there are: an instance of one would not come back', () => {
      class Shape {
        @IsString() kind!: string;
      }
      class Circle extends Shape {
        @IsNumber() radius!: number;
      }
      class Event {
        @ValidateNested() @IsDefined() shape!: Shape;
        @ValidateNested() @IsDefined() circle!: Circle;
      }
      expect(property(Event, 'shape')).toEqual({
        title: 'Shape',
        type: 'object',
        properties: { kind: { type: 'string' } },
        required: ['kind'],
        additionalProperties: false,
      });
    });

    it('names the class by its data, and leaves open what writes itself', () => {
      class Money {
        @IsInt() cents!: number;
        toJSON() {
          return String(this.cents);
        }
      }
      class Event {
        @ValidateNested()
        @IsDefined()
        @Type(() => Address, {
          discriminator: { property: 'kind', subTypes: [{ value: Address, name: 'address' }] },
        })
        place!: unknown;
        @ValidateNested() @IsDefined() price!: Money;
      }
      expect(property(Event, 'place')).toMatchObject({
        properties: { kind: { enum: ['address'] } },
        required: ['city', 'kind'],
      });
      expect(property(Event, 'price')).toEqual(NOT_NULL);
    });
  });

  it('describes what class-transformer makes of the class', () => {
    class Event {
      @IsString() @Expose({ name: 'order_id' }) orderId!: string;
      @IsString() @Exclude() secret!: string;
      @IsInt() @Transform(({ value }) => String(value)) cents!: number;
      @IsInt() @Transform(({ value }) => Number(value), { toClassOnly: true }) count!: number;
      @Expose() get total(): number {
        return 1;
      }
      get hidden(): number {
        return 2;
      }
    }
    expect(classSchema(Event)).toEqual({
      type: 'object',
      properties: {
        order_id: { type: 'string' },
        cents: {},
        count: { type: 'integer' },
        total: {},
      },
      required: ['order_id', 'count'],
      additionalProperties: false,
    });
  });

  it('describes a class that sends only what it exposes', () => {
    @Exclude()
    class Event {
      @IsString() @Expose() shown!: string;
      @IsString() hidden!: string;
    }
    expect(Object.keys(classSchema(Event).properties ?? {})).toEqual(['shown']);
  });
});
