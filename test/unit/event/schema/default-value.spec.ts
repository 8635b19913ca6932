import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Transform, Type } from 'class-transformer';
import {
  Allow,
  ArrayMinSize,
  IsArray,
  IsDate,
  IsDefined,
  IsInt,
  IsOptional,
  IsString,
  ValidateNested,
} from 'class-validator';
import { classSchema, classSchemaOf } from '../../../../lib/event/schema/class-schema.js';

class Address {
  @IsString() city = 'Riga';
}

class Unfinished {
  @IsString() city!: string;
}

class Tree {
  @ValidateNested({ each: true }) @IsArray() @ArrayMinSize(1) @Type(() => Tree) trees: Tree[] = [];
}

function publishedDefaults(type: new () => object): Record<string, unknown> {
  const properties = Object.entries(classSchema(type).properties ?? {});
  return Object.fromEntries(
    properties.filter(([, schema]) => 'default' in schema).map(([name, s]) => [name, s.default]),
  );
}

describe('what a class gives to properties', () => {
  it('is published where it is plain JSON', () => {
    class Event {
      @IsString() name = 'a';
      @IsString({ each: true }) @IsArray() list: string[] = [];
      @IsOptional() @IsString() note: string | null = null;
    }
    expect(publishedDefaults(Event)).toEqual({ name: 'a', list: [], note: null });
    expect(classSchema(Event).required).toBeUndefined();
  });

  it('is not published where each instance has another, or the wire has another form of it', () => {
    let made = 0;
    class Event {
      @IsInt() count = made++;
      @IsDate() at: Date = new Date(0);
      @Allow() bytes: Buffer = Buffer.from('ab');
      @Allow() amount: bigint = 5n;
      @ValidateNested() @IsDefined() @Type(() => Address) address: Address = new Address();
      @Transform(({ value }) => `<${String(value)}>`, { toPlainOnly: true })
      @IsString()
      code = 'a';
    }
    expect(publishedDefaults(Event)).toEqual({});
    expect(classSchema(Event).required).toBeUndefined();
  });

  it('must be replaced where it does not keep the rules in its form on the wire', () => {
    class Event {
      @ArrayMinSize(1) @IsArray() list: string[] = [];
      @ValidateNested() @IsDefined() @Type(() => Unfinished) address: Unfinished = new Unfinished();
      @ValidateNested({ each: true })
      @IsArray()
      @ArrayMinSize(1)
      @Type(() => Tree)
      trees: Tree[] = [];
    }
    expect(classSchema(Event).required).toEqual(
      expect.arrayContaining(['list', 'address', 'trees']),
    );
    expect(classSchema(Event).definitions?.Tree).toMatchObject({ required: ['trees'] });
    expect(publishedDefaults(Event)).toEqual({});
  });

  it('must be replaced where it holds itself', () => {
    const endless: Record<string, unknown> = {};
    endless.self = endless;
    class Event {
      @Allow() endless: unknown = endless;
    }
    expect(classSchema(Event).required).toEqual(['endless']);
  });

  it('is not known where the constructor throws', () => {
    class Event {
      @IsString() name = 'a';
      constructor(given?: object) {
        if (given === undefined) throw new Error('nothing given');
      }
    }
    expect(classSchema(Event)).toMatchObject({
      properties: { name: { type: 'string' } },
      required: ['name'],
    });
    expect(publishedDefaults(Event)).toEqual({});
  });
});

describe('names of definitions', () => {
  function selfHolding(name: string): new () => object {
    const type = { [name]: class {} }[name] as new () => object;
    const prototype = type.prototype as object;
    IsOptional()(prototype, 'child');
    ValidateNested()(prototype, 'child');
    Type(() => type)(prototype, 'child');
    return type;
  }

  it.each(['Node', '', 'Ünï/~ #', 'constructor', '__proto__x', 'toString'])(
    'are apart for two classes named %j',
    (name) => {
      const types = [selfHolding(name), selfHolding(name)];
      class Event {
        one!: object;
        other!: object;
      }
      ['one', 'other'].forEach((property, i) => {
        ValidateNested()(Event.prototype, property);
        IsDefined()(Event.prototype, property);
        Type(() => types[i] as new () => object)(Event.prototype, property);
      });
      const { properties, definitions = {} } = classSchema(Event);
      const names = ['one', 'other'].map((property) => properties?.[property]?.$ref?.slice(14));
      expect(new Set(names).size).toBe(2);
      expect(Object.keys(definitions)).toEqual(names);
      names.forEach((one) => {
        expect(one).toMatch(/^[\w.-]+$/);
        expect(definitions[one ?? '']?.properties?.child).toMatchObject({
          anyOf: [{ $ref: `#/definitions/${one}` }, { type: 'null' }],
        });
      });
    },
  );
});

describe('what the schema does not say', () => {
  it('is named once for each property, in nested classes too', () => {
    class Inner {
      @Transform(({ value }) => String(value), { toPlainOnly: true }) @IsString() code!: string;
    }
    class Event {
      @ValidateNested() @IsDefined() @Type(() => Inner) one!: Inner;
      @ValidateNested() @IsDefined() @Type(() => Inner) other!: Inner;
    }
    expect(classSchemaOf(Event).unsaid).toEqual(['Inner.code: @Transform']);
    expect(classSchemaOf(Address).unsaid).toEqual([]);
  });
});
