import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { Expose } from 'class-transformer';
import {
  Allow,
  IsDefined,
  IsEnum,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUUID,
} from 'class-validator';
import { defineEvent } from 'nestjs-lightbus';
import { z } from 'zod';
import { Event, getEventDefinition } from '../../../../lib/event/event.decorator.js';
import { JsonSchema } from '../../../../lib/event/schema/json-schema.decorator.js';
import { eventSchema } from '../../../../lib/schema/bus-schema.js';

const Shop = { Berlin: 'berlin', First: 1, 1: 'First' } as const;

const schemaOf = (type: Type<object>) => eventSchema(getEventDefinition(type)!).parameters;

function keyed(decorators: PropertyDecorator[], design: unknown = Object, preset?: unknown) {
  class Keyed {
    id?: unknown = preset;
    other!: number;
  }
  IsInt()(Keyed.prototype, 'other');
  Reflect.defineMetadata('design:type', design, Keyed.prototype, 'id');
  for (const decorate of decorators) decorate(Keyed.prototype, 'id');
  Event('key.some', { key: 'id' })(Keyed as never);
  const { properties, required } = schemaOf(Keyed);
  return { schema: properties?.id, isRequired: required?.includes('id') };
}

const text = { type: 'string', pattern: '^[^\\ud800-\\udfff]*$' };
const textOrNumber = { anyOf: [text, { type: 'number' }] };

describe('the schema of an event with a key', () => {
  it.each<[string, PropertyDecorator[], unknown, unknown]>([
    ['a text', [IsString()], String, text],
    ['a number', [IsInt()], Number, { type: 'integer' }],
    ['a text or a number', [Allow()], Object, textOrNumber],
    ['what is there', [IsDefined()], Object, textOrNumber],
    ['what is not empty', [IsNotEmpty()], String, { not: { enum: [''] }, ...text }],
    ['a text that may be left out', [IsOptional(), IsString()], String, text],
    ['anything that may be left out', [IsOptional()], Object, textOrNumber],
    ['one of an enum', [IsEnum(Shop)], Object, { enum: ['berlin', 1] }],
    ['one of a list', [IsIn(['a', 1, true, null, '\ud800'])], Object, { enum: ['a', 1] }],
    ['none of a list', [IsIn([true, null])], Object, { not: {} }],
  ])('asks for it, and no other than a text or a number: %s', (_, rules, design, schema) => {
    expect(keyed(rules, design)).toEqual({ schema, isRequired: true });
  });

  it('keeps what describes it', () => {
    const rules = [IsOptional(), IsString(), JsonSchema({ description: 'Which one' })];
    const schema = { ...text, description: 'Which one' };
    expect(keyed(rules, String)).toEqual({ schema, isRequired: true });
  });

  it('says what else the rules of the key say', () => {
    const { schema } = keyed([IsUUID()], String);
    expect(schema).toMatchObject({ type: 'string', pattern: /[^$]/, allOf: [text] });
  });

  it('asks for none that the class gives itself, where that is one', () => {
    const preset = { schema: { ...text, default: 'o1' }, isRequired: false };
    expect(keyed([IsString()], String, 'o1')).toEqual(preset);
    expect(keyed([IsOptional(), IsString()], String, null)).toEqual({
      schema: text,
      isRequired: true,
    });
  });

  it('lets nothing through where the key is no property that may be there', () => {
    @Event('key.undecorated', { key: 'id' })
    class Undecorated {
      id!: string;
      @IsInt() other!: number;
    }
    expect(schemaOf(Undecorated)).toMatchObject({
      properties: { id: { not: {} } },
      required: ['other', 'id'],
    });
  });

  it('names it as it is on the wire', () => {
    @Event('key.renamed', { key: 'orderId' })
    class Renamed {
      @Expose({ name: 'order_id' }) @IsOptional() @IsString() orderId!: string;
    }
    expect(schemaOf(Renamed)).toMatchObject({
      properties: { order_id: text },
      required: ['order_id'],
    });
  });

  it('says it of events of other validators, too', () => {
    const definition = defineEvent('key.defined', z.object({ id: z.string() }), { key: 'id' });
    expect(schemaOf(definition as unknown as Type<object>)).toMatchObject({
      properties: { id: text },
      required: ['id'],
    });
  });
});
