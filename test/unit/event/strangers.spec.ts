import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { IsArray, IsInstance, IsInt, IsOptional, ValidateNested } from 'class-validator';
import { encode } from '../../../lib/event/codec.js';
import { Event, getEventDefinition } from '../../../lib/event/event.decorator.js';
import { classSchema } from '../../../lib/event/schema/class-schema.js';
import { EventValidationError } from '../../../lib/fire-errors.js';

class Line {
  @IsInt() count!: number;
  @IsOptional() @ValidateNested() @Type(() => Line) line?: Line;
}

@Event('strangers.placed')
class Placed {
  @IsOptional() @ValidateNested() @Type(() => Line) line?: Line;
  @IsOptional() @Type(() => Line) loose?: Line;
  @IsOptional() @IsArray() @ValidateNested({ each: true }) @Type(() => Line) lines?: Line[];
  @IsOptional() @IsInstance(Set) @ValidateNested({ each: true }) @Type(() => Line) set?: Set<Line>;
  @IsOptional()
  @IsInstance(Map)
  @ValidateNested({ each: true })
  @Type(() => Line)
  map?: Map<string, Line>;
  @IsOptional() free?: unknown;
}

const NAMES = Object.getOwnPropertyNames(Object.prototype);

/** A line as JSON.parse reads it, with one property more. */
const withOne = (name: string) => JSON.parse(`{"count": 1, "${name}": {"a": 1}}`) as object;

function instance(name: string): Line {
  const line = Object.assign(new Line(), { count: 1 });
  return Object.defineProperty(line, name, {
    ...{ value: { a: 1 }, enumerable: true, configurable: true, writable: true },
  });
}

async function paths(payload: object, validate = true): Promise<string[] | undefined> {
  const definition = getEventDefinition(Placed)!;
  const fire = async () => encode(definition, payload, { validate });
  const error: unknown = await fire().catch((thrown: unknown) => thrown);
  if (!(error instanceof EventValidationError)) return undefined;
  return error.properties.map(({ path }) => path);
}

describe('a property that is named like a member of every object', () => {
  it.each(NAMES)('%s is refused in what an event holds, by its path', async (name) => {
    const inside: [string, object][] = [
      ['line', { line: withOne(name) }],
      ['line.line', { line: { count: 1, line: withOne(name) } }],
      ['lines.1', { lines: [{ count: 1 }, withOne(name)] }],
      ['set.0', { set: [withOne(name)] }],
      ['map.a', { map: { a: withOne(name) } }],
      ['line', Object.assign(new Placed(), { line: instance(name) })],
      ['lines.0', Object.assign(new Placed(), { lines: [instance(name)] })],
      ['set.0', Object.assign(new Placed(), { set: new Set([instance(name)]) })],
      ['map.a', Object.assign(new Placed(), { map: new Map([['a', instance(name)]]) })],
    ];
    for (const [path, payload] of inside) {
      const found = await paths(payload);
      expect(found).toContain(`${path}.${name}`);
      expect(new Set(found).size).toBe(found?.length);
    }
  });

  it.each(NAMES.filter((name) => name !== '__proto__'))(
    '%s may be there where nothing is validated, and JSON is free',
    async (name) => {
      expect(await paths({ loose: withOne(name), free: withOne(name) })).toBeUndefined();
    },
  );
});

describe('a property named __proto__', () => {
  it.each<[string, object]>([
    ['line.__proto__', { line: withOne('__proto__') }],
    ['loose.__proto__', { loose: withOne('__proto__') }],
    ['loose.line.__proto__', { loose: { line: withOne('__proto__') } }],
    ['lines.0.__proto__', { lines: [withOne('__proto__')] }],
    ['map.a.__proto__', { map: { a: withOne('__proto__') } }],
  ])('is refused at %s of a plain payload, validated or not', async (path, payload) => {
    expect(await paths(payload)).toEqual([path]);
    expect(await paths(payload, false)).toEqual([path]);
  });

  it('is refused in objects that nothing validates, in maps, and in free JSON', async () => {
    expect(await paths({ free: [withOne('__proto__')] })).toEqual(['free.0.__proto__']);
    const map = JSON.parse('{"__proto__": {"count": 1}}') as object;
    expect(await paths({ map })).toEqual(['map.__proto__']);
    const loose = Object.assign(new Placed(), { loose: instance('__proto__') });
    expect(await paths(loose)).toEqual(['loose.__proto__']);
  });

  it('is refused by the schema, but where JSON is free', () => {
    const none = { propertyNames: { not: { enum: ['__proto__'] } } };
    const { properties } = classSchema(Placed);
    expect(properties?.map).toMatchObject({ anyOf: [{ type: 'object', ...none }, {}] });
    expect(properties?.free).toEqual({});
    expect(JSON.stringify(properties?.loose)).toContain('definitions/Line2');
    expect(classSchema(Placed).definitions?.Line2).toMatchObject(none);
  });
});
