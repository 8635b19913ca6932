import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { Type } from 'class-transformer';
import {
  ArrayUnique,
  IsArray,
  IsDate,
  IsDefined,
  IsInt,
  IsOptional,
  IsString,
  Min,
  ValidateNested,
} from 'class-validator';
import { LightbusError } from '../../../../lib/errors.js';
import { EventValidationError } from '../../../../lib/fire-errors.js';
import { encode } from '../../../../lib/event/codec.js';
import { Event, getEventDefinition } from '../../../../lib/event/event.decorator.js';
import { classSchema } from '../../../../lib/event/schema/class-schema.js';
import { serialize } from '../../../../lib/wire/by-field.js';

class Note {
  @IsString() text!: string;
}

class Line {
  @IsString() sku!: string;
  @IsInt() @Min(1) quantity!: number;
  @IsOptional() @ValidateNested() @Type(() => Note) note?: Note;
  @IsOptional() @ValidateNested({ each: true }) @Type(() => Note) notes?: Note[];
}

@Event('shape.one')
class One {
  @IsDefined() @ValidateNested() @Type(() => Line) p!: Line;
}
@Event('shape.optional')
class Optional {
  @IsOptional() @ValidateNested() @Type(() => Line) p?: Line | null;
}
@Event('shape.careless')
class Careless {
  @IsDefined() @ValidateNested({ each: true }) @Type(() => Line) p!: Line;
}
@Event('shape.list')
class List {
  @IsDefined() @ValidateNested({ each: true }) @Type(() => Line) p!: Line[];
}
@Event('shape.lists')
class Lists {
  @IsDefined()
  @IsArray({ each: true })
  @ValidateNested({ each: true })
  @Type(() => Line)
  p!: Line[][];
}
@Event('shape.checked_list')
class CheckedList {
  @IsArray() @ValidateNested({ each: true }) @Type(() => Line) p!: unknown;
}
@Event('shape.set')
class Unique {
  @IsDefined() @ValidateNested({ each: true }) @Type(() => Line) p!: Set<Line>;
}
@Event('shape.map')
class ByName {
  @IsDefined() @ValidateNested({ each: true }) @Type(() => Line) p!: Map<string, Line>;
}
@Event('shape.unknown')
class Unknown {
  @IsDefined() @ValidateNested() @Type(() => Line) p!: unknown;
}
@Event('shape.unknown_list')
class UnknownList {
  @IsDefined() @ValidateNested({ each: true }) @Type(() => Line) p!: readonly Line[] | string;
}
@Event('shape.texts')
class Texts {
  @IsString({ each: true }) p!: string[];
}
@Event('shape.text_or_texts')
class TextOrTexts {
  @IsString({ each: true }) p!: string | string[];
}
@Event('shape.counts')
class Counts {
  @IsInt({ each: true }) p!: Map<string, number>;
}
@Event('shape.dates')
class Dates {
  @IsDate({ each: true }) @Type(() => Date) p!: Date[];
}

const CLASSES: (new () => object)[] = [
  ...[One, Optional, Careless, List, Lists, CheckedList, Unique, ByName, Unknown, UnknownList],
  ...[Texts, TextOrTexts, Counts, Dates],
];

const plain = { sku: 'a', quantity: 1 };
const line = (more: object = {}) => Object.assign(new Line(), plain, more);
const note = (text: unknown = 'n') => Object.assign(new Note(), { text });

/** What may be put there, by accident or by a client of an HTTP API. */
const VALUES: readonly unknown[] = [
  ...[undefined, null, 0, 1, 'text', true, [], {}, [[]], [null], [undefined], new Array(2)],
  ...[new Map(), new Set(), new Date(0), [new Date(0)], ['a', 'b'], [['a']], new Set(['a'])],
  ...[new Map([['a', 1]]), new Map([['a', [1]]]), { a: 1 }, [1], [{}], Buffer.from('a')],
  ...[plain, [plain], [[plain]], { a: plain }, new Map([['a', plain]]), new Set([plain])],
  ...[line(), [line()], [[line()]], [line(), [line()]], [line(), undefined], { 0: line() }],
  ...[new Set([line()]), new Set([[line()]]), new Map([['a', line()]]), new Map([['a', [line()]]])],
  ...[
    line({ note: note() }),
    line({ note: [] }),
    line({ note: [note()] }),
    line({ note: note(1) }),
  ],
  ...[line({ note: new Map([['a', note()]]) }), [line({ note: [note()] })]],
  ...[line({ notes: [note()] }), line({ notes: note() }), line({ notes: [[note()]] })],
  ...[line({ notes: [] }), line({ notes: [undefined] }), line({ notes: new Map([['a', note()]]) })],
];

const ajv = addFormats.default(new Ajv({ strict: false }));
const validators = new Map(CLASSES.map((type) => [type, ajv.compile(classSchema(type))]));

/** What the schema of the class finds wrong with an event that encode has passed; its JSON. */
async function send(type: new () => object, value: object) {
  const definition = getEventDefinition(type)!;
  const { parameters } = await encode(definition, value, { validate: true });
  const event = { id: 'i', apiName: 'a', eventName: 'e', version: 1, parameters };
  const fields = serialize(event).slice(8);
  const sent: Record<string, unknown> = {};
  for (let i = 0; i < fields.length; i += 2) {
    sent[fields[i]!.slice(1)] = JSON.parse(fields[i + 1]!) as unknown;
  }
  const isValid = validators.get(type)!;
  return isValid(sent) ? undefined : { sent, errors: isValid.errors };
}

describe('whatever encode passes satisfies the schema of its class', () => {
  describe.each(CLASSES)('%p', (type) => {
    it.each([
      ['a plain payload', (p: unknown) => ({ p })],
      ['an instance', (p: unknown) => Object.assign(new type(), { p })],
    ])('given as %s', async (_, make) => {
      const wrong: unknown[] = [];
      let passed = 0;
      for (const value of VALUES) {
        try {
          const found = await send(type, make(value));
          if (found) wrong.push({ value, ...found });
          passed++;
        } catch (error) {
          if (!(error instanceof LightbusError)) throw error;
        }
      }
      expect(wrong).toEqual([]);
      expect(passed).toBeGreaterThan(0);
    });
  });

  it.each<[string, new () => object, unknown]>([
    ['an empty list for an object', One, []],
    ['a list for an object', One, [line()]],
    ['a map for an object', One, new Map([['a', line()]])],
    ['an object for a list', List, line()],
    ['nothing in a list', List, [undefined]],
    ['a list of lists for a list', List, [[line()]]],
    ['a text for a list of texts', Texts, 'text'],
  ])('refuses %s', async (_, type, p) => {
    const sending = send(type, Object.assign(new type(), { p }));
    await expect(sending).rejects.toThrow(EventValidationError);
    await expect(sending).rejects.toMatchObject({
      properties: [
        {
          path: expect.stringMatching(/^p/),
          constraints: { roundTrip: expect.stringContaining('must be') },
        },
      ],
    });
  });

  it.each<[string, new () => object, unknown]>([
    ['an object', One, line({ note: note(), notes: [note()] })],
    ['null where it may be', Optional, null],
    ['a list', List, [line(), line()]],
    ['a list of lists', Lists, [[line()], []]],
    ['a set', Unique, new Set([line()])],
    ['a map', ByName, new Map([['a', line()]])],
    ['an object where nobody knows', Unknown, line()],
    ['a list where nobody knows', UnknownList, [line()]],
    ['one text', TextOrTexts, 'text'],
    ['texts', TextOrTexts, ['a', 'b']],
  ])('passes %s', async (_, type, p) => {
    expect(await send(type, Object.assign(new type(), { p }))).toBeUndefined();
  });
});

@Event('shape.comparable')
class Comparable {
  @IsArray() @ArrayUnique() p!: object[];
}

it('compares items, whatever their names', async () => {
  const definition = getEventDefinition(Comparable)!;
  const fire = async (...p: object[]) => encode(definition, { p }, { validate: true });
  await expect(fire({ toString: 1 }, { toString: 2 })).resolves.toBeDefined();
  await expect(fire({ toString: 1 }, { toString: 1 })).rejects.toThrow(EventValidationError);
  await expect(fire({ toString: 1 }, { toString: 1 })).rejects.toThrow(
    'p must NOT have duplicate items, as the published schema says',
  );
});

@Event('shape.counted')
class Counted {
  @IsDefined() @Type(() => BigInt) n!: bigint;
  @IsOptional() @IsArray() @ArrayUnique() @Type(() => BigInt) list?: bigint[];
}

it('takes integers that no number of JavaScript can hold: of them, the schema is true, too', async () => {
  const definition = getEventDefinition(Counted)!;
  const n = -(2n ** 1024n);
  const payload = Object.assign(new Counted(), { n, list: [1n, n] });
  const { parameters } = await encode(definition, payload, { validate: true });
  expect(parameters).toEqual({ n, list: [1n, n] });
  const fields = serialize({ id: 'i', apiName: 'a', eventName: 'b', version: 1, parameters });
  expect(fields).toContain(String(n));
  expect(classSchema(Counted).properties).toMatchObject({ n: { type: 'integer' } });
});
