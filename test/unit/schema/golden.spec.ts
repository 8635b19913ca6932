import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { Type as TypeOf } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsNumber,
  IsString,
  ValidateNested,
} from 'class-validator';
import { Event, getEventDefinition } from '../../../lib/event/event.decorator.js';
import { eventSchema } from '../../../lib/schema/bus-schema.js';

interface Published {
  readonly keys: Readonly<Record<string, { readonly value: string }>>;
}

const PUBLISHED = JSON.parse(
  readFileSync(new URL('../../fixtures/wire/schemas.json', import.meta.url), 'utf8'),
) as Published;

function byPython(api: string, event: string): unknown {
  const { events } = JSON.parse(PUBLISHED.keys[`schema:${api}`]!.value) as {
    events: Record<string, { parameters: unknown }>;
  };
  return events[event];
}

@Event('my_company.auth.user_registered')
class UserRegistered {
  @IsString() username!: string;
  @IsString() email!: string;
  @IsBoolean() is_admin = false;
}
@Event('wire.misc.no_params')
class NoParams {}
@Event('wire.v2.changed')
class Changed {
  @IsInt() value!: number;
}
@Event('wire.misc.with_default')
class WithDefault {
  @IsString() username!: string;
  @IsBoolean() is_admin = false;
}
@Event('wire.schema.typed')
class Typed {
  @IsString() s!: string;
  @IsInt() i!: number;
  @IsNumber() f!: number;
  @IsBoolean() b!: boolean;
}
@Event('wire.types.t_list_int')
class Integers {
  @IsInt({ each: true }) @IsArray() value!: number[];
}
@Event('wire.types.t_list')
class List {
  @IsArray() value!: unknown[];
}
@Event('wire.types.t_set_str')
class Texts {
  @IsString({ each: true }) @IsArray() value!: string[];
}
@Event('wire.int_enum.e')
class Defaults {
  @IsInt() l = 1;
  @IsInt({ each: true }) @IsArray() lst = [1];
}
@Event('wire.schema.empty')
class Empty {}
@Event('wire.types.t_enum_str')
class Colours {
  @IsIn(['red', 'blue']) value!: string;
}

class Point {
  @IsInt() x!: number;
  @IsNumber() y = 0;
}
@Event('wire.types.t_namedtuple')
class Pointed {
  @IsDefined() @ValidateNested() @TypeOf(() => Point) value!: Point;
}

describe('the schema of an event class', () => {
  it.each<[string, string, Type<object>]>([
    ['my_company.auth', 'user_registered', UserRegistered],
    ['wire.misc', 'no_params', NoParams],
    ['wire.misc', 'with_default', WithDefault],
    ['wire.v2', 'changed', Changed],
    ['wire.schema', 'typed', Typed],
    ['wire.schema', 'empty', Empty],
    ['wire.types', 't_list_int', Integers],
    ['wire.types', 't_list', List],
    ['wire.types', 't_set_str', Texts],
    ['wire.types', 't_enum_str', Colours],
    ['wire.types', 't_namedtuple', Pointed],
    ['wire.int_enum', 'e', Defaults],
  ])('%s.%s is what Python publishes of the same event', (api, event, type) => {
    const mine = eventSchema(getEventDefinition(type)!);

    expect(mine).toEqual(byPython(api, event));
  });
});
