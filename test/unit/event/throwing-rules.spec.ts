import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import {
  IsArray,
  IsInstance,
  IsNumber,
  IsOptional,
  ValidateBy,
  ValidateIf,
  ValidateNested,
  type ValidationOptions,
} from 'class-validator';
import { encode, validateIncoming } from '../../../lib/event/codec.js';
import { Event, getEventDefinition } from '../../../lib/event/event.decorator.js';
import { EventValidationError } from '../../../lib/fire-errors.js';

const boom = new RangeError('no such customer\nsecond line');

const Throwing = (options?: ValidationOptions) =>
  ValidateBy({ name: 'isCustomer', validator: { validate: raise } }, options);
const Rejecting = () =>
  ValidateBy({
    name: 'isStored',
    validator: { validate: () => Promise.reject(boom) },
  });

function raise(): never {
  throw boom;
}

class Inner {
  @IsOptional() @IsNumber({ maxDecimalPlaces: 2 }) price?: number;
}

@Event('throwing.rules')
class Placed {
  @IsOptional() @IsNumber({ maxDecimalPlaces: 2 }) price?: number;
  @IsOptional()
  @IsArray()
  @IsNumber({ maxDecimalPlaces: 2 }, { each: true })
  prices?: number[];
  @IsOptional() @Throwing() customer?: string;
  @IsOptional() @Throwing({ validateIf: (_, value) => value !== 'a' }) some?: string;
  @IsOptional() @Rejecting() stored?: string;
  @ValidateIf((_, value) => value !== undefined && raise()) @IsNumber() conditional?: number;
  @IsOptional() @ValidateNested() @Type(() => Inner) inner?: Inner;
  @IsOptional() @IsArray() @ValidateNested({ each: true }) @Type(() => Inner) list?: Inner[];
  @IsOptional()
  @IsInstance(Map)
  @ValidateNested({ each: true })
  @Type(() => Inner)
  map?: Map<string, Inner>;
}

async function refusal(payload: object): Promise<EventValidationError> {
  const fire = async () => encode(getEventDefinition(Placed)!, payload, { validate: true });
  const error: unknown = await fire().catch((thrown: unknown) => thrown);
  if (!(error instanceof EventValidationError)) throw new Error('not refused', { cause: error });
  return error;
}

describe('a rule that throws', () => {
  it.each<[object, string, string]>([
    [{ price: 1e-7 }, 'price', 'isNumber'],
    [{ prices: [1, 5e-324] }, 'prices', 'isNumber'],
    [{ prices: 1e-7 }, 'prices', 'isNumber'],
    [{ customer: 'c1' }, 'customer', 'isCustomer'],
    [{ some: 'b' }, 'some', 'isCustomer'],
    [{ conditional: 1 }, 'conditional', 'conditionalValidation'],
    [{ inner: { price: 1e-7 } }, 'inner.price', 'isNumber'],
    [{ list: [{ price: 1 }, { price: 1e-7 }] }, 'list.1.price', 'isNumber'],
    [{ map: { a: { price: 1e-7 } } }, 'map.a.price', 'isNumber'],
  ])('refuses %p, naming property and rule', async (payload, path, rule) => {
    const { message, properties, cause } = await refusal(payload);
    expect(properties).toEqual([
      expect.objectContaining({ path, constraints: { [rule]: expect.stringContaining(rule) } }),
    ]);
    expect(message).toMatch(
      `${path}: ${path.split('.').at(-1)} can't be checked, as its rule ${rule} throws (`,
    );
    expect(cause).toBeInstanceOf(Error);
    expect(await validateIncoming(Placed, payload)).toEqual(properties);
  });

  it('says what was thrown, in its first line, and has it as the cause', async () => {
    const { message, cause } = await refusal({ customer: 'c1' });
    expect(message).toContain('throws (no such customer).');
    expect(cause).toBe(boom);
  });

  it('is named each time, where several throw', async () => {
    const { properties } = await refusal({ customer: 'c1', price: 1e-7 });
    expect(properties.map(({ path }) => path)).toEqual(['price', 'customer']);
  });

  it('is passed on where it throws no more', async () => {
    let calls = 0;
    @Event('throwing.twice')
    class Twice {
      @ValidateBy({
        name: 'isSeldom',
        validator: { validate: () => (calls++ < 2 ? raise() : true) },
      })
      id!: string;
    }
    const fire = async () => encode(getEventDefinition(Twice)!, { id: 'a' }, { validate: true });
    await expect(fire()).rejects.toBe(boom);
  });

  it('is none whose promise is rejected: what it asks could not answer', async () => {
    const payload = { stored: 'c1' };
    const fire = async () => encode(getEventDefinition(Placed)!, payload, { validate: true });
    await expect(fire()).rejects.toBe(boom);
    expect(await validateIncoming(Placed, payload)).toEqual([
      { path: '', constraints: { validation: 'could not be validated (no such customer)' } },
    ]);
  });
});
