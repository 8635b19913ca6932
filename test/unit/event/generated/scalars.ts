import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsDate,
  IsDefined,
  IsEnum,
  IsInstance,
  IsInt,
  IsNumber,
  IsString,
} from 'class-validator';
import fc from 'fast-check';

/** A type of a property's value, or of a list's items, that is no class of the user's. */
export interface Scalar {
  /** What TypeScript records as `design:type`. */
  readonly design: unknown;
  /** Whether JSON alone says what it is; else the class must. */
  readonly isJson: boolean;
  readonly rules: (each: boolean) => PropertyDecorator[];
  /** What `@Type` names, where it names anything. */
  readonly type?: unknown;
  readonly values: fc.Arbitrary<unknown>;
  /** A default, as a field's initialiser gives it. */
  readonly initial: () => unknown;
}

export enum Colour {
  Red = 'red',
  Strange = 'constructor',
  Empty = '',
}
export enum Level {
  None,
  Some,
  Much = 5,
}
/** As TypeScript compiles an enum of both sorts. */
const Mixed = { No: 0, 0: 'No', Yes: 'YES' } as const;

const AWKWARD_TEXTS = [
  ...[
    '',
    ' ',
    'true',
    'null',
    '5',
    '0x10',
    '1e400',
    '2024-01-02',
    '2024-01-02T03:04:05.678Z',
    'AP8=',
  ],
  ...['a\nb\r\n', '\u001b[31m', '\0', '\ud800', '\udfff\ud83d', '\u2028', '😀', 'ÿ', '__proto__'],
];

const AWKWARD_NUMBERS = [
  ...[0, -0, 1, -1, 0.1, 5e-324, 1e-7, 1e16, 1e21, 123456789012345680000, Number.MAX_VALUE],
  ...[2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, -(2 ** 53), 1.5e300, -1e-5],
];

/** Any text, half surrogate pairs included. */
export const texts: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 4 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom(...AWKWARD_TEXTS),
);

/** Any finite number. */
export const numbers: fc.Arbitrary<number> = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(...AWKWARD_NUMBERS),
);

/** Years that RFC 3339, and so JSON Schema's `date-time`, can write. */
const dates = fc.date({
  min: new Date('0001-01-01T00:00:00.000Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
});

const bytes = fc.uint8Array({ maxLength: 9 });

/** Rules for one value, or for each of several. */
export function validated(...decorators: ((options: { each: boolean }) => PropertyDecorator)[]) {
  return (each: boolean) => decorators.map((decorator) => decorator({ each }));
}

const numeric = {
  design: Number,
  isJson: true,
  type: Number,
  initial: () => 7,
};

export const SCALARS = {
  string: {
    design: String,
    isJson: true,
    rules: validated(IsString),
    type: String,
    values: texts,
    initial: () => 'initial',
  },
  number: { ...numeric, rules: validated((each) => IsNumber({}, each)), values: numbers },
  integer: {
    ...numeric,
    rules: validated(IsInt),
    values: fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constantFrom(-0, 2 ** 53, 1e21)),
  },
  boolean: {
    design: Boolean,
    isJson: true,
    rules: validated(IsBoolean),
    type: Boolean,
    values: fc.boolean(),
    initial: () => true,
  },
  bigint: {
    design: BigInt,
    isJson: false,
    rules: validated(IsDefined),
    type: BigInt,
    values: fc.oneof(fc.bigInt({ min: -9n, max: 9n }), fc.bigInt(), fc.constant(2n ** 53n)),
    initial: () => 5n,
  },
  date: {
    design: Date,
    isJson: false,
    rules: validated(IsDate),
    type: Date,
    values: dates,
    initial: () => new Date(0),
  },
  textEnum: {
    design: String,
    isJson: true,
    rules: validated((each) => IsEnum(Colour, each)),
    values: fc.constantFrom(Colour.Red, Colour.Strange, Colour.Empty),
    initial: () => Colour.Red,
  },
  numberEnum: {
    design: Number,
    isJson: true,
    rules: validated((each) => IsEnum(Level, each)),
    values: fc.constantFrom(Level.None, Level.Some, Level.Much),
    initial: () => Level.Some,
  },
  mixedEnum: {
    design: Object,
    isJson: true,
    rules: validated((each) => IsEnum(Mixed, each)),
    values: fc.constantFrom(Mixed.No, Mixed.Yes),
    initial: () => Mixed.No,
  },
  buffer: {
    design: Buffer,
    isJson: false,
    rules: validated((each) => IsInstance(Buffer, each)),
    type: Buffer,
    values: bytes.map((array) => Buffer.from(array)),
    initial: () => Buffer.from('initial'),
  },
  bytes: {
    design: Uint8Array,
    isJson: false,
    rules: validated((each) => IsInstance(Uint8Array, each)),
    type: Uint8Array,
    values: bytes,
    initial: () => Uint8Array.of(7),
  },
  floats: {
    design: Float64Array,
    isJson: false,
    rules: validated((each) => IsInstance(Float64Array, each)),
    type: Float64Array,
    values: fc.array(numbers, { maxLength: 3 }).map((list) => Float64Array.from(list)),
    initial: () => Float64Array.of(0.5),
  },
  bigints: {
    design: BigInt64Array,
    isJson: false,
    rules: validated((each) => IsInstance(BigInt64Array, each)),
    type: BigInt64Array,
    values: fc.bigInt64Array({ maxLength: 3 }),
    initial: () => BigInt64Array.of(5n),
  },
  view: {
    design: DataView,
    isJson: false,
    rules: validated((each) => IsInstance(DataView, each)),
    type: DataView,
    values: bytes.map((array) => new DataView(array.slice().buffer)),
    initial: () => new DataView(new ArrayBuffer(2)),
  },
  url: {
    design: URL,
    isJson: false,
    rules: validated((each) => IsInstance(URL, each)),
    type: URL,
    values: fc
      .oneof(
        fc.webUrl({ withQueryParameters: true, withFragments: true }),
        fc.constantFrom('mailto:a@b.example', 'data:,x', 'http://ü.example/ä?q=é#%20'),
      )
      .map((text) => new URL(text)),
    initial: () => new URL('https://initial.example/'),
  },
} as const satisfies Record<string, Scalar>;

export type ScalarName = keyof typeof SCALARS;

/** `@Type` for a class that is known only when it is asked for. */
export function typed(
  type: () => unknown,
  options?: Parameters<typeof Type>[1],
): PropertyDecorator {
  return Type(type as () => new () => object, options);
}
