import { Allow, IsBoolean, IsDate, IsInstance, IsNumber, IsString } from 'class-validator';
import fc from 'fast-check';
import { dates, isDateText, isIntegerText, isNumeral, NO_DATES, NO_NUMBERS } from './literals.js';
import { numbers, texts } from './scalars.js';

/** What a property of one type makes of what is received. */
export interface Target {
  readonly name: string;
  readonly type: unknown;
  readonly rule: PropertyDecorator;
  /** What stands for a value, and for which. */
  readonly means: fc.Arbitrary<readonly [received: unknown, value: unknown]>;
  /** Whether something from JSON stands for a value, by other means than the library's. */
  readonly isOne: (received: unknown) => boolean;
  /** What looks like one, and isn't. */
  readonly lookAlikes: readonly unknown[];
}

const isText = (test: (text: string) => boolean) => (received: unknown) =>
  typeof received === 'string' && test(received);

function bytesOf(
  make: (bytes: Uint8Array) => unknown,
): Pick<Target, 'means' | 'isOne' | 'lookAlikes'> {
  return {
    means: fc
      .uint8Array({ maxLength: 9 })
      .map((bytes) => [Buffer.from(bytes).toString('base64'), make(bytes)] as const),
    isOne: isText((text) => Buffer.from(text, 'base64').toString('base64') === text),
    lookAlikes: [
      'AP8',
      'AP8=\n',
      'AP-_',
      'A===',
      'no base64!',
      [1, 2],
      { type: 'Buffer', data: [1] },
    ],
  };
}

export const TARGETS: readonly Target[] = [
  {
    name: 'a boolean',
    type: Boolean,
    rule: IsBoolean(),
    means: fc.boolean().map((value) => [String(value), value] as const),
    isOne: (received) =>
      typeof received === 'boolean' || received === 'true' || received === 'false',
    lookAlikes: [0, 1, '', '0', '1', 'no', 'yes', 'on', 'True', 'FALSE', ' true', 'null', {}, []],
  },
  {
    name: 'a number',
    type: Number,
    rule: IsNumber(),
    means: fc.oneof(
      numbers
        .filter((value) => !Number.isInteger(value))
        .map((value) => [String(value), value] as const),
      fc.maxSafeInteger().map((value) => [String(value), value] as const),
      fc.constantFrom(['1e3', 1000], ['1E+3', 1000], ['-0', -0], ['0.5e-1', 0.05], ['1.0', 1]),
    ),
    isOne: (received) => typeof received === 'number' || isText(isNumeral)(received),
    lookAlikes: NO_NUMBERS,
  },
  {
    name: 'a bigint',
    type: BigInt,
    rule: Allow(),
    means: fc.oneof(
      fc.bigInt().map((value) => [String(value), value] as const),
      fc
        .maxSafeInteger()
        .filter((value) => !Object.is(value, -0))
        .map((value) => [value, BigInt(value)] as const),
    ),
    isOne: (received) =>
      typeof received === 'bigint' || Number.isInteger(received) || isText(isIntegerText)(received),
    lookAlikes: [...NO_NUMBERS, 1.5, -0.5, '1.0', '1e3', '1.5', true],
  },
  {
    name: 'a text',
    type: String,
    rule: IsString(),
    means: texts.map((text) => [text, text] as const),
    isOne: (received) => typeof received === 'string',
    lookAlikes: [5, 0, true, {}, [], ['a'], 2n ** 64n],
  },
  {
    name: 'a date',
    type: Date,
    rule: IsDate(),
    means: dates,
    isOne: isText(isDateText),
    lookAlikes: [...NO_DATES, 0, 1704164645000, -1, true, {}, [], 2n ** 64n],
  },
  {
    name: 'a Buffer',
    type: Buffer,
    rule: IsInstance(Buffer),
    ...bytesOf((bytes) => Buffer.from(bytes)),
  },
  { name: 'bytes', type: Uint8Array, rule: IsInstance(Uint8Array), ...bytesOf((bytes) => bytes) },
  {
    name: 'a URL',
    type: URL,
    rule: IsInstance(URL),
    means: fc.webUrl().map((text) => [text, new URL(text)] as const),
    isOne: isText((text) => URL.canParse(text)),
    lookAlikes: ['', '/a', 'example.org', '//example.org/a', 'http://', '?a', 5, {}, []],
  },
];
