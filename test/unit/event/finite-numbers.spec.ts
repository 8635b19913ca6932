import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { Expose, Transform, Type as TypeOf } from 'class-transformer';
import {
  Allow,
  IsArray,
  IsInstance,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Min,
  ValidateNested,
} from 'class-validator';
import fc from 'fast-check';
import { decode, encode, validateIncoming } from '../../../lib/event/codec.js';
import { isValidForSure } from '../../../lib/event/compiled/check.js';
import { Event, getEventDefinition } from '../../../lib/event/event.decorator.js';
import { classSchemaOf } from '../../../lib/event/schema/class-schema.js';
import { JsonSchema } from '../../../lib/event/schema/json-schema.decorator.js';
import { EventValidationError } from '../../../lib/fire-errors.js';
import { runs } from './generated/runs.js';

class Inner {
  @Allow() size!: number;
}

class Computing {
  @Allow() base!: number;
  @Expose() get half(): number {
    return this.base > 1 ? Infinity : this.base / 2;
  }
  set half(_: number) {}
}

@Event('finite.measured')
class Measured {
  @IsOptional() design?: number;
  @IsOptional() @TypeOf(() => Number) typed?: unknown;
  @IsOptional() free?: unknown;
  @IsOptional() @IsObject() object?: object;
  @IsOptional() @IsArray() list?: unknown[];
  @IsOptional() @IsArray() @TypeOf(() => Number) numbers?: number[];
  @IsOptional() @IsArray() @IsArray({ each: true }) @TypeOf(() => Number) lists?: number[][];
  @IsOptional() @IsInstance(Set) set?: Set<unknown>;
  @IsOptional() @IsInstance(Map) map?: Map<string, unknown>;
  @IsOptional() doubles?: Float64Array;
  @IsOptional() floats?: Float32Array;
  @IsOptional() @ValidateNested() @TypeOf(() => Inner) inner?: Inner;
  @IsOptional() @TypeOf(() => Inner) loose?: Inner;
  @IsOptional() @ValidateNested() @TypeOf(() => Computing) computing?: Computing;
  @IsOptional() @Transform(({ value }) => value as unknown, { toPlainOnly: true }) sent?: unknown;
  @IsOptional() @Transform(({ value }) => value as unknown, { toClassOnly: true }) read?: unknown;
}

class Nested {
  @IsNumber({ allowInfinity: true }) limit!: number;
  @IsOptional() @IsString() @JsonSchema({ pattern: '^a' }) code?: string;
  @IsNumber() size!: number;
}

@Event('finite.allowed')
class Allowed {
  @IsOptional() @IsNumber({ allowNaN: true }) nan?: number | null;
  @IsOptional() @IsNumber({ allowInfinity: true }) @Min(0) limit?: number;
  @IsOptional() @IsArray() @IsNumber({ allowNaN: true }, { each: true }) list?: number[];
  @IsOptional() @ValidateNested() @TypeOf(() => Nested) nested?: Nested;
  @IsOptional()
  @IsNumber({ allowNaN: true })
  @Transform(({ value }) => value as unknown)
  made?: number;
}

const encoded = async (type: Type<object>, value: object, validate = true) =>
  (await encode(getEventDefinition(type)!, value, { validate })).parameters;

async function found(type: Type<object>, value: object): Promise<string[]> {
  const error: unknown = await encoded(type, value).catch((thrown: unknown) => thrown);
  if (!(error instanceof EventValidationError)) return [];
  return error.properties.map(({ path, constraints }) => `${path}: ${constraints.finiteNumber}`);
}

const holding: [string, (n: number) => unknown][] = [
  ['design', (n) => n],
  ['typed', (n) => n],
  ['free', (n) => n],
  ['free.0', (n) => [n]],
  ['free.a.1', (n) => ({ a: [1, n] })],
  ['object.a', (n) => ({ a: n })],
  ['list.1', (n) => [1, n]],
  ['numbers.0', (n) => [n]],
  ['lists.0.0', (n) => [[n]]],
  ['set.0', (n) => new Set([n])],
  ['map.a', (n) => new Map([['a', n]])],
  ['map.a.b', (n) => new Map([['a', { b: n }]])],
  ['doubles', (n) => Float64Array.of(1, n)],
  ['floats', (n) => Float32Array.of(n)],
  ['inner.size', (n) => Object.assign(new Inner(), { size: n })],
  ['loose.size', (n) => Object.assign(new Inner(), { size: n })],
  ['sent', (n) => n],
  ['sent.a', (n) => ({ a: n })],
  ['read', (n) => n],
];
const anyHolding = fc.constantFrom(...holding);
const bare = fc.constantFrom(NaN, Infinity, -Infinity);

describe('a number that JSON has not', () => {
  it('is refused wherever it is, by its path, in an instance and in a plain payload', async () => {
    const property = fc.asyncProperty(anyHolding, bare, async ([path, make], n) => {
      const value = { [path.split('.')[0]!]: make(n) };
      const instance = Object.assign(new Measured(), value);
      const findings = [expect.stringMatching(`^${path}: .*JSON has no other$`)];
      expect(await found(Measured, instance)).toEqual(findings);
      expect(await found(Measured, value)).toEqual(findings);
    });
    await fc.assert(property, runs());
  });

  it('is refused where a getter gives it', async () => {
    const computing = Object.assign(new Computing(), { base: 5 });
    const findings = await found(Measured, Object.assign(new Measured(), { computing }));
    expect(findings).toEqual([expect.stringContaining('computing.half: half must be a finite')]);
  });

  it('is sent as before where events are not validated', async () => {
    expect(await encoded(Measured, { design: NaN, free: [Infinity] }, false)).toEqual({
      design: NaN,
      free: [Infinity],
    });
  });

  it('is read as before, also where events are validated that arrive', async () => {
    const property = fc.asyncProperty(anyHolding, bare, async ([path, make], n) => {
      const value = { [path.split('.')[0]!]: make(n) };
      expect(decode(Measured, value, { cast: true }).note).toBeUndefined();
      expect(await validateIncoming(Measured, value)).toEqual([]);
    });
    await fc.assert(property, runs());
  });

  it('leaves all others to the quick check', () => {
    const value = { design: 5e-324, free: -0, numbers: [1.7e308], doubles: Float64Array.of(1) };
    expect(isValidForSure(Object.assign(new Measured(), value))).toBe(true);
  });
});

describe('a rule that allows one', () => {
  it.each<[object]>([
    [{ nan: NaN }],
    [{ limit: Infinity }],
    [{ list: [1, NaN] }],
    [{ nested: { limit: -Infinity, size: 1 } }],
    [{ made: NaN }],
  ])('has it sent: %p', async (value) => {
    expect(await encoded(Allowed, value)).toEqual(value);
  });

  it.each<[object, string]>([
    [{ nan: Infinity }, 'nan'],
    [{ limit: NaN }, 'limit'],
    [{ limit: -Infinity }, 'limit'],
    [{ list: [Infinity] }, 'list'],
    [{ nested: { limit: 1, size: NaN } }, 'nested.size'],
  ])('has no other one sent: %p', async (value, path) => {
    const error: unknown = await encoded(Allowed, value).catch((thrown: unknown) => thrown);
    const { properties } = error as EventValidationError;
    expect(properties[0]).toMatchObject({ path });
  });

  it('leaves what stands beside it to the schema', async () => {
    const nested = { limit: Infinity, size: 2, code: 'b' };
    const error: unknown = await encoded(Allowed, { nested }).catch((thrown: unknown) => thrown);
    expect((error as EventValidationError).properties[0]).toMatchObject({ path: 'nested.code' });
  });

  it('leaves the schema nothing to say of the numbers, which is told', () => {
    const { schema, unsaid } = classSchemaOf(Allowed);
    const nothing = { not: { type: 'null' } };
    expect(schema.properties).toMatchObject({
      list: { anyOf: [{ type: 'array', items: nothing }, { type: 'null' }] },
      nested: { anyOf: [{ properties: { limit: nothing, size: { type: 'number' } } }, {}] },
    });
    expect([schema.properties?.nan, schema.properties?.limit]).toEqual([{}, {}]);
    expect(unsaid).toEqual(
      expect.arrayContaining([
        'Allowed.nan: isNumber',
        'Allowed.limit: isNumber',
        'Allowed.limit: min',
        'Allowed.list: isNumber',
        'Nested.limit: isNumber',
      ]),
    );
  });
});
