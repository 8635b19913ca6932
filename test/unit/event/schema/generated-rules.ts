import type { Type } from '@nestjs/common';
import { Type as typed } from 'class-transformer';
import * as rule from 'class-validator';
import fc from 'fast-check';

type Decorate = (options: rule.ValidationOptions) => PropertyDecorator;
type Options = rule.ValidationOptions;

enum Colour {
  Red = 'red',
  Blue = 'blue',
}
enum Level {
  Low,
  High = 5,
}
const Mixed = { No: 0, 0: 'No', Yes: 'YES' } as const;

/** A rule of class-validator, with values near the ones that it takes. */
interface RuleCase {
  readonly decorate: Decorate;
  readonly near: readonly unknown[];
}

const TEXTS: readonly unknown[] = [
  ...['', 'a', 'ab', 'abc', 'abcdef', '😀', '❤️', '️', 'a️️', 'é', 'ſ', 'K', '\ud800'],
  ...[
    '\n',
    'a\n',
    'a\nb',
    'A1',
    '12',
    '-1.5',
    '.5',
    '0x1F',
    '#fff',
    'true',
    '1',
    '٣',
    ' ',
    '\u2028',
  ],
  ...['a@b.example', 'é@b.example', 'http://a.example', '__proto__', 'constructor', 'Low', 'red'],
];
const NUMBERS: readonly unknown[] = [
  ...[0, -0, 1, 2, 3, 4, 5, 6, -1, -6, 1.5, 0.1, 0.3, 1e-7, 1e21, 3e21, -1e21, 2 ** 53, 90, 180.5],
  ...[3.0000000000000004, 2 ** 53 + 2, 1e16 + 2, 5e-324, 1.7e308, NaN, Infinity, -Infinity],
];
const DATES: readonly unknown[] = [
  ...['2024-01-02T03:04:05Z', '2024-01-02T03:04:05.678Z', '2024-02-29T00:00:00.123456+02:00'],
  ...['2023-02-29T00:00:00Z', '2016-12-31T23:59:60Z', '2024-01-02', '2024-01-02T03:04:05', 'now'],
  ...['0000-01-01T00:00:00Z', '0001-01-01T00:00:00+01:00', '9999-12-31T23:59:59-01:00'],
  ...[
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
    '2024-01-02t03:04:05z',
    '2024-01-02T24:00:00Z',
  ],
  ...['2024-01-02T03:04:05.1234567890123Z', '2024-01-02 03:04:05Z', '1900-02-29T00:00:00Z'],
];
const BYTES: readonly unknown[] = [
  '',
  'AP8=',
  'AP9=',
  'AA==',
  'AB==',
  'AAA',
  'AAAA',
  'AA-_',
  'A A=',
];
const LISTS: readonly unknown[] = [
  ...[
    [],
    [1],
    ['a'],
    ['a', 'a'],
    [1, 1],
    [1, '1'],
    [null],
    [{}],
    [{}, {}],
    [[]],
    [['a']],
    [[1], [1]],
  ],
  ...[[NaN], [1.5, -Infinity], [NaN, NaN], [NaN, 1, 1], { a: [Infinity] }],
  ...[[true], [true, 1], [0, -0], ['a', 1, null], [[[]]], ['a', 'b', 'c', 'd'], [undefined]],
];
const OBJECTS: readonly unknown[] = [
  {},
  { a: 1 },
  { a: null },
  { a: undefined },
  { a: [1] },
  { toString: 1 },
];
const UUIDS: readonly unknown[] = [
  '7f1b3c9e-4b1f-4c57-9d3a-0d9f5a2b7c11',
  '7F1B3C9E-4B1F-1C57-9D3A-0D9F5A2B7C11',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '7f1b3c9e-4b1f-4c57-1d3a-0d9f5a2b7c11',
  'urn:uuid:7f1b3c9e-4b1f-4c57-9d3a-0d9f5a2b7c11',
  '7f1b3c9e-4b1f-4c57-9d3a-0d9f5a2b7c11\n',
];
const FORMS: readonly unknown[] = [
  ...[
    '0x0123456789abcdef012345',
    '0123456789abcdef01234567',
    '65535',
    '65536',
    '-0',
    '+7',
    '08:30',
  ],
  ...['24:00', '1.2.3', '1.2.3-a.1+b', 'aa:bb:cc:dd:ee:ff', 'aa-bb-cc-dd-ee-ff', 'aabb.ccdd.eeff'],
  ...[
    'aa bb cc dd ee ff',
    '127.0.0.1',
    '256.0.0.1',
    'a.b.c',
    '..',
    'YWI=',
    'YWJj',
    'MFRGG===',
    'z',
  ],
  ...['12.5,45', '(12.5,45)', '(1', '1,2', '90.0', '91', '1)', ' 1', '2024-01-02T03:04:60Z', '٠'],
];

const texts = (decorate: Decorate, near: readonly unknown[] = TEXTS): RuleCase => ({
  decorate,
  near,
});
const formed = (decorate: Decorate): RuleCase => ({ decorate, near: [...FORMS, ...TEXTS] });

/** A rule of the application's that is called like one of class-validator's. */
const namesake =
  (name: string): Decorate =>
  (options) =>
    rule.ValidateBy({ name, validator: { validate: () => true } }, options);

export const RULES: Readonly<Record<string, RuleCase>> = {
  string: texts(rule.IsString),
  notEmpty: texts(rule.IsNotEmpty),
  empty: texts(rule.IsEmpty),
  email: texts((o) => rule.IsEmail({}, o)),
  url: texts((o) => rule.IsUrl({}, o)),
  uuid: texts((o) => rule.IsUUID('all', o), UUIDS),
  uuid4: texts((o) => rule.IsUUID('4', o), UUIDS),
  uuids: texts((o) => rule.IsUUID(['1', '4'] as never, o), UUIDS),
  ...Object.fromEntries(
    [0, 1, 2, 3, 2.5].flatMap((n) => [
      [`minLength${n}`, texts((o) => rule.MinLength(n, o))],
      [`maxLength${n}`, texts((o) => rule.MaxLength(n, o))],
    ]),
  ),
  length: texts((o) => rule.Length(1, 3, o)),
  ...Object.fromEntries(
    [
      ...[
        /^a/,
        /a$/,
        /^.{1,2}$/,
        /^\w+$/,
        /\d/,
        /^[^a]*$/,
        /^\s*$/,
        /^[a-c]+$/i,
        /^.+$/u,
        /b/g,
        /^a/m,
      ],
      ...[
        /(a)\1/,
        /(?<=a)b/,
        /^\p{L}+$/u,
        /[^\n]/,
        /^(?!a)/,
        /\bb/,
        /^$/,
        new RegExp('[]'),
        /[^]/,
        /^K/iu,
        /a{,2}/,
      ],
      ...[
        /^[^a]+[^b]+$/,
        /^\D*$/,
        /^(?:a|ab)*$/,
        /x|^a|b$/,
        /😀/,
        /[😀]/u,
        /^(?!.*[^a])/,
        /\//,
        /\x41/,
      ],
    ].map((pattern) => [`matches ${String(pattern)}`, texts((o) => rule.Matches(pattern, o))]),
  ),
  contains: texts((o) => rule.Contains('b.', o)),
  containsA: texts((o) => rule.Contains('a', o)),
  notContains: texts((o) => rule.NotContains('a', o)),
  alpha: formed((o) => rule.IsAlpha('en-US', o)),
  alphaDe: formed((o) => rule.IsAlpha('de-DE', o)),
  alphanumeric: formed((o) => rule.IsAlphanumeric(undefined, o)),
  ascii: formed(rule.IsAscii),
  base32: formed(rule.IsBase32),
  base58: formed(rule.IsBase58),
  base64: formed((o) => rule.IsBase64({}, o)),
  booleanString: formed(rule.IsBooleanString),
  decimal: formed((o) => rule.IsDecimal({}, o)),
  fullWidth: formed(rule.IsFullWidth),
  halfWidth: formed(rule.IsHalfWidth),
  multibyte: formed(rule.IsMultibyte),
  hash: formed((o) => rule.IsHash('crc32', o)),
  hexColor: formed(rule.IsHexColor),
  hexadecimal: formed(rule.IsHexadecimal),
  ip4: formed((o) => rule.IsIP('4', o)),
  ip: formed((o) => rule.IsIP(undefined, o)),
  jwt: formed(rule.IsJWT),
  mac: formed((o) => rule.IsMACAddress({}, o)),
  militaryTime: formed(rule.IsMilitaryTime),
  mongoId: formed(rule.IsMongoId),
  numberString: formed((o) => rule.IsNumberString({}, o)),
  octal: formed(rule.IsOctal),
  port: formed(rule.IsPort),
  rfc3339: formed(rule.IsRFC3339),
  semVer: formed(rule.IsSemVer),
  dateString: texts((o) => rule.IsDateString({}, o), DATES),
  lowercase: texts(rule.IsLowercase),
  latitude: { decorate: rule.IsLatitude, near: [...NUMBERS, ...FORMS] },
  longitude: { decorate: rule.IsLongitude, near: [...NUMBERS, ...FORMS] },
  latLong: formed(rule.IsLatLong),
  int: { decorate: rule.IsInt, near: NUMBERS },
  number: { decorate: (o) => rule.IsNumber({}, o), near: NUMBERS },
  cents: { decorate: (o) => rule.IsNumber({ maxDecimalPlaces: 2 }, o), near: NUMBERS },
  nan: { decorate: (o) => rule.IsNumber({ allowNaN: true }, o), near: NUMBERS },
  infinite: { decorate: (o) => rule.IsNumber({ allowInfinity: true }, o), near: NUMBERS },
  wholes: { decorate: (o) => rule.IsNumber({ maxDecimalPlaces: 0 }, o), near: NUMBERS },
  ...Object.fromEntries(
    [0, 1, -1.5, 0.1, 1e21, Infinity, -Infinity, NaN, 3].flatMap((n) => [
      [`min ${n}`, { decorate: (o: Options) => rule.Min(n, o), near: NUMBERS }],
      [`max ${n}`, { decorate: (o: Options) => rule.Max(n, o), near: NUMBERS }],
      [`divisible ${n}`, { decorate: (o: Options) => rule.IsDivisibleBy(n, o), near: NUMBERS }],
    ]),
  ),
  positive: { decorate: rule.IsPositive, near: NUMBERS },
  negative: { decorate: rule.IsNegative, near: NUMBERS },
  boolean: { decorate: rule.IsBoolean, near: [true, false, 'true', 0] },
  date: { decorate: rule.IsDate, near: DATES },
  minDate: { decorate: (o) => rule.MinDate(new Date(0), o), near: DATES },
  colour: { decorate: (o) => rule.IsEnum(Colour, o), near: ['red', 'blue', 'Red'] },
  level: { decorate: (o) => rule.IsEnum(Level, o), near: [0, 5, 'Low', '0', 1] },
  mixed: { decorate: (o) => rule.IsEnum(Mixed, o), near: [0, 'YES', 'No', 'Yes'] },
  isIn: {
    decorate: (o) => rule.IsIn(['a', 1, null, true], o),
    near: ['a', 1, null, true, false, '1'],
  },
  isInUndefined: { decorate: (o) => rule.IsIn(['a', undefined], o), near: ['a', null, 'b'] },
  isInNone: { decorate: (o) => rule.IsIn([], o), near: ['a', null] },
  isInObjects: { decorate: (o) => rule.IsIn([OBJECTS[1]], o), near: [OBJECTS[1], { a: 1 }] },
  isNotIn: { decorate: (o) => rule.IsNotIn(['a', 1, null], o), near: ['a', 1, null, 'b'] },
  equals: { decorate: (o) => rule.Equals('a', o), near: ['a', 'b'] },
  equalsNull: { decorate: (o) => rule.Equals(null, o), near: [null, 'b'] },
  equalsZero: { decorate: (o) => rule.Equals(-0, o), near: [0, -0, false] },
  notEquals: { decorate: (o) => rule.NotEquals('a', o), near: ['a', 'b', null] },
  notEqualsNull: { decorate: (o) => rule.NotEquals(null, o), near: ['a', null] },
  defined: { decorate: rule.IsDefined, near: [0, '', null] },
  object: { decorate: rule.IsObject, near: OBJECTS },
  notEmptyObject: { decorate: (o) => rule.IsNotEmptyObject({}, o), near: OBJECTS },
  notNullObject: { decorate: (o) => rule.IsNotEmptyObject({ nullable: false }, o), near: OBJECTS },
  array: { decorate: rule.IsArray, near: LISTS },
  notEmptyArray: { decorate: rule.ArrayNotEmpty, near: LISTS },
  minSize: { decorate: (o) => rule.ArrayMinSize(2, o), near: LISTS },
  maxSize: { decorate: (o) => rule.ArrayMaxSize(1, o), near: LISTS },
  unique: { decorate: (o) => rule.ArrayUnique(o), near: LISTS },
  uniqueBy: { decorate: (o) => rule.ArrayUnique((item: unknown) => typeof item, o), near: LISTS },
  arrayContains: { decorate: (o) => rule.ArrayContains(['a', 1], o), near: LISTS },
  arrayNotContains: { decorate: (o) => rule.ArrayNotContains(['a', null], o), near: LISTS },
  allow: { decorate: (o) => rule.Allow(o), near: [1, 'a', null] },
  namesakeString: { decorate: namesake('isString'), near: [1, 'a', null, {}] },
  namesakeInt: { decorate: namesake('isInt'), near: [1, 1.5, 'a'] },
  namesakeMin: { decorate: namesake('min'), near: [1, 1.5, 'a'] },
  custom: {
    decorate: (o) => rule.ValidateBy({ name: 'odd', validator: { validate: (v) => v !== 'a' } }, o),
    near: ['a', 'b', 1],
  },
};

export type RuleName = string;

const DESIGNS: Readonly<Record<string, unknown>> = {
  ...{ none: undefined, Object, String, Number, Boolean, BigInt, Date, Buffer, Uint8Array, URL },
  ...{ Int8Array, Float64Array, Array, Set, Map },
};

export interface PropertyPlan {
  readonly rules: readonly {
    readonly name: RuleName;
    readonly each: boolean;
    readonly seldom: boolean;
  }[];
  readonly condition: 'none' | 'optional' | 'nullable';
  readonly design: string;
  readonly type: string;
  readonly nested: 'no' | 'one' | 'each' | 'labelled';
}

export interface ClassPlan {
  readonly base: readonly PropertyPlan[];
  readonly own: readonly PropertyPlan[];
  readonly inner: readonly PropertyPlan[];
}

const seldom = fc.nat({ max: 6 }).map((n) => n === 0);
const often = <T extends string>(value: T, ...others: T[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant<T>(value) }, fc.constantFrom(...others));

const propertyPlans: fc.Arbitrary<PropertyPlan> = fc.record({
  rules: fc.array(
    fc.record({ name: fc.constantFrom(...Object.keys(RULES)), each: fc.boolean(), seldom }),
    { minLength: 0, maxLength: 3 },
  ),
  condition: often('none', 'optional', 'optional', 'nullable'),
  design: fc.constantFrom('none', 'none', 'Object', 'Array', 'Array', ...Object.keys(DESIGNS)),
  type: often('none', 'String', 'Number', 'Date', 'BigInt', 'Buffer', 'inner'),
  nested: often('no', 'one', 'each', 'labelled'),
});
/** Rules for values of the same sort. */
const FAMILIES = Object.keys(RULES).map((name) =>
  Object.keys(RULES).filter((other) => RULES[other]!.near === RULES[name]!.near || other === name),
);

/** What properties of a sort are declared as. */
const SORTS: ReadonlyMap<readonly unknown[], readonly string[]> = new Map([
  [TEXTS, ['String', 'none', 'Object']],
  [NUMBERS, ['Number', 'none']],
  [DATES, ['Date']],
  [LISTS, ['Array']],
]);

/** Properties as people write them: of one sort, with rules that fit. */
const fittingPlans: fc.Arbitrary<PropertyPlan> = fc
  .constantFrom(...FAMILIES)
  .chain((family) =>
    fc.record({
      names: fc.array(fc.constantFrom(...family), { minLength: 1, maxLength: 2 }),
      isList: seldom,
      design: fc.constantFrom(...(SORTS.get(RULES[family[0]!]!.near) ?? ['none'])),
      plan: propertyPlans,
    }),
  )
  .map(({ names, isList, design, plan }) => ({
    ...plan,
    rules: [
      ...(isList ? [{ name: 'array', each: false, seldom: false }] : []),
      ...names.map((name) => ({ name, each: isList, seldom: false })),
    ],
    design: isList ? 'Array' : design,
    type: 'none',
    nested: 'no' as const,
  }));

/** Properties with a type, and little more. */
const typedPlans: fc.Arbitrary<PropertyPlan> = fc
  .record({
    plan: propertyPlans,
    name: fc.constantFrom('allow', 'defined', 'array', 'notEmpty'),
    hasObjects: fc.boolean(),
    nested: fc.constantFrom('one' as const, 'each' as const, 'labelled' as const, 'no' as const),
    isDeep: seldom,
    shape: fc.constantFrom('none', 'Array', 'Set', 'Map', 'Object'),
  })
  .map(({ plan, name, hasObjects, nested, isDeep, shape }) => ({
    ...plan,
    rules: [
      { name, each: false, seldom: false },
      ...(isDeep ? [{ name: 'array', each: true, seldom: false }] : []),
    ],
    ...(hasObjects && { nested, type: 'inner', design: shape }),
  }));
const anyPlans = fc.oneof(propertyPlans, fittingPlans, fittingPlans, typedPlans);

export const classPlans: fc.Arbitrary<ClassPlan> = fc.record({
  base: fc.oneof(fc.constant([]), fc.array(fittingPlans, { maxLength: 1 })),
  own: fc.array(anyPlans, { minLength: 1, maxLength: 2 }),
  inner: fc.array(fittingPlans, { maxLength: 2 }),
});

export interface Built {
  readonly type: Type<object>;
  readonly values: fc.Arbitrary<Record<string, unknown>>;
}

/** Makes the class of a plan, and payloads of it in the form of the wire, which often keep its rules. */
export function buildClass({ base, own, inner }: ClassPlan): Built {
  class Inner {}
  class Other {}
  class Base {}
  class Generated extends Base {}
  const inside = defining(Inner, inner, Inner, Other);
  rule.IsInt()(Other.prototype, 'n');
  defining(Base, base, Inner, Other);
  defining(
    Generated,
    [...base, ...own].map((plan, i) => (i < base.length ? undefined : plan)),
    Inner,
    Other,
  );
  const objects = payloadsOf(inside, fc.constant({ n: 1 }));
  return { type: Generated, values: payloadsOf([...base, ...own], objects) };
}

function defining(
  type: Type<object>,
  plans: readonly (PropertyPlan | undefined)[],
  inner: Type<object>,
  other: Type<object>,
): readonly PropertyPlan[] {
  plans.forEach((plan, i) => {
    if (plan) decorate(type, plan, `p${i}`, inner, other);
  });
  return plans.filter((plan) => plan !== undefined);
}

function decorate(
  type: Type<object>,
  plan: PropertyPlan,
  name: string,
  inner: Type<object>,
  other: Type<object>,
): void {
  const target = type.prototype as object;
  const { rules, condition, design, nested } = plan;
  const types = { ...DESIGNS, inner } as Readonly<Record<string, unknown>>;
  if (design !== 'none') Reflect.defineMetadata('design:type', types[design], target, name);
  if (condition === 'optional') rule.IsOptional()(target, name);
  if (condition === 'nullable') rule.ValidateIf((_, value) => value !== null)(target, name);
  for (const { name: ruleName, each, seldom: isSeldom } of rules) {
    const validateIf = isSeldom ? { validateIf: (_: unknown, v: unknown) => v !== 'a' } : {};
    RULES[ruleName]!.decorate({ each, ...validateIf })(target, name);
  }
  if (nested !== 'no') {
    rule.ValidateNested({ each: nested === 'each' })(target, name);
    const labels = {
      discriminator: {
        property: 'kind',
        subTypes: [
          { value: inner, name: 'inner' },
          { value: other, name: 'other' },
        ],
      },
      keepDiscriminatorProperty: false,
    };
    typed(() => inner, nested === 'labelled' ? labels : {})(target, name);
  } else if (plan.type !== 'none') typed(() => types[plan.type] as Type<object>)(target, name);
}

const ANYTHING = fc.constantFrom<unknown>(
  ...[null, null, 1, 'a', true, [], {}, -0, 1.5, 1e21, '1', [null], '\ud800', 5n],
  ...TEXTS,
  ...NUMBERS,
  ...DATES,
  ...BYTES,
  ...LISTS,
  ...OBJECTS,
);

/** Names of properties that no class has: most are those of members that every object has. */
const STRANGERS = ['extra', 'hasOwnProperty', '__proto__', 'constructor'];

function payloadsOf(
  plans: readonly PropertyPlan[],
  inner: fc.Arbitrary<object>,
): fc.Arbitrary<Record<string, unknown>> {
  const entries = plans.map((plan) => valuesOf(plan, inner));
  const missing = fc.option(fc.nat({ max: 3 }), { freq: 3, nil: -1 });
  return fc
    .record({ values: fc.tuple(...entries), missing, extra: fc.nat({ max: 40 }) })
    .map(({ values, missing: left, extra }) => ({
      ...Object.fromEntries(
        values.map((value, i) => [`p${i}`, value] as const).filter((_, i) => i !== left),
      ),
      ...(extra < STRANGERS.length && { [STRANGERS[extra]!]: 1 }),
    }));
}

function valuesOf(plan: PropertyPlan, inner: fc.Arbitrary<object>): fc.Arbitrary<unknown> {
  const near = plan.rules.flatMap(({ name }) => [...RULES[name]!.near]);
  const kinds: unknown[] =
    { Date: DATES, Buffer: BYTES, Uint8Array: BYTES }[plan.design]?.slice() ?? [];
  const scalars = [...near, ...kinds];
  const one: fc.Arbitrary<unknown> =
    scalars.length > 0 ? fc.constantFrom<unknown>(...scalars) : ANYTHING;
  const isObject = plan.nested !== 'no' || plan.type === 'inner';
  const objects = inner.chain((object) =>
    fc.constantFrom({ ...object }, { ...object, kind: 'inner' }, { n: 1, kind: 'other' }),
  );
  const item = isObject ? fc.oneof(objects, one) : one;
  const list = fc.array(item, { maxLength: 3 });
  return fc.oneof(
    { weight: 6, arbitrary: item },
    { weight: 4, arbitrary: list },
    { weight: 1, arbitrary: fc.array(list, { maxLength: 2 }) },
    { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('a', 'b'), item) },
    { weight: 2, arbitrary: ANYTHING },
  );
}
