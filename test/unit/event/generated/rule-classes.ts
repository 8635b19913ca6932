import type { Type } from '@nestjs/common';
import { Type as typed } from 'class-transformer';
import * as rule from 'class-validator';
import fc from 'fast-check';

interface RuleCase {
  readonly decorate: (options: rule.ValidationOptions) => PropertyDecorator;
  /** Some that it takes. */
  readonly takes: fc.Arbitrary<unknown>;
}

@rule.ValidatorConstraint({ name: 'isEven' })
class IsEven implements rule.ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return typeof value === 'number' && value % 2 === 0;
  }
}

/** A rule of the application's: sees the object, gives a promise where it is told to, and may throw. */
function custom(name: string, validate: (value: unknown, object: object) => unknown) {
  return (options: rule.ValidationOptions): PropertyDecorator =>
    (target, propertyName) => {
      rule.registerDecorator({
        ...{ name, target: target.constructor, propertyName: String(propertyName), options },
        validator: {
          validate: (value, about) => validate(value, about!.object) as boolean,
        },
      });
    };
}

const words = fc.constantFrom('a', 'ab', 'abc', 'abcdef', '😀', '❤️', '');
const emails = fc.constantFrom(
  'a@b.example',
  'Jo.Doe+x@mail.example.org',
  'é@b.example',
  'a@b',
  '@',
);
const moments = fc.constantFrom('2024-01-02', '2024-02-30', '2024-01-02T03:04:05Z', 'now');
const counts = fc.constantFrom(-2, -0, 0, 1, 2, 2.5, 1e21, NaN, Infinity);
const days = fc.constantFrom(0, 1e12, NaN, -1e15).map((time) => new Date(time));
const uuids = fc.uuid();
const Size = { Small: 's', Large: 'l', 0: 'Zero', Zero: 0 } as const;

const RULES = {
  string: { decorate: rule.IsString, takes: words },
  notEmpty: { decorate: rule.IsNotEmpty, takes: words },
  email: { decorate: (options) => rule.IsEmail({}, options), takes: emails },
  emailOf: {
    decorate: (options) => rule.IsEmail({ host_blacklist: ['b.example'] }, options),
    takes: emails,
  },
  uuid: { decorate: (options) => rule.IsUUID('all', options), takes: uuids },
  uuid4: { decorate: (options) => rule.IsUUID('4', options), takes: uuids },
  dateString: { decorate: (options) => rule.IsDateString({}, options), takes: moments },
  strictDate: { decorate: (options) => rule.IsISO8601({ strict: true }, options), takes: moments },
  url: { decorate: (options) => rule.IsUrl({}, options), takes: fc.webUrl() },
  minLength: { decorate: (options) => rule.MinLength(2, options), takes: words },
  maxLength: { decorate: (options) => rule.MaxLength(1, options), takes: words },
  length: { decorate: (options) => rule.Length(1, 3, options), takes: words },
  matches: { decorate: (options) => rule.Matches(/^a/, options), takes: words },
  matchesAll: { decorate: (options) => rule.Matches(/b/g, options), takes: words },
  isIn: { decorate: (options) => rule.IsIn(['a', 1, null], options), takes: words },
  notIn: { decorate: (options) => rule.IsNotIn(['a', 1], options), takes: words },
  equals: { decorate: (options) => rule.Equals('a', options), takes: fc.constant('a') },
  isEnum: {
    decorate: (options) => rule.IsEnum(Size, options),
    takes: fc.constantFrom('s', 0, 'Zero'),
  },
  int: { decorate: rule.IsInt, takes: counts },
  number: { decorate: (options) => rule.IsNumber({}, options), takes: counts },
  cents: { decorate: (options) => rule.IsNumber({ maxDecimalPlaces: 0 }, options), takes: counts },
  anyNumber: {
    decorate: (options) => rule.IsNumber({ allowNaN: true, allowInfinity: true }, options),
    takes: counts,
  },
  min: { decorate: (options) => rule.Min(0, options), takes: counts },
  max: { decorate: (options) => rule.Max(2, options), takes: counts },
  positive: { decorate: rule.IsPositive, takes: counts },
  divisible: { decorate: (options) => rule.IsDivisibleBy(2, options), takes: counts },
  boolean: { decorate: rule.IsBoolean, takes: fc.boolean() },
  date: { decorate: rule.IsDate, takes: days },
  minDate: { decorate: (options) => rule.MinDate(new Date(0), options), takes: days },
  defined: { decorate: rule.IsDefined, takes: words },
  empty: { decorate: rule.IsEmpty, takes: fc.constantFrom('', null) },
  object: { decorate: rule.IsObject, takes: fc.constantFrom({}, { a: 1 }) },
  array: { decorate: rule.IsArray, takes: fc.constantFrom([], [1], ['a', 'a']) },
  minSize: {
    decorate: (options) => rule.ArrayMinSize(1, options),
    takes: fc.constantFrom([], [1]),
  },
  unique: { decorate: rule.ArrayUnique, takes: fc.constantFrom([1, 2], ['a', 'a']) },
  isInstance: { decorate: (options) => rule.IsInstance(Date, options), takes: days },
  floats: {
    decorate: (options) => rule.IsInstance(Float64Array, options),
    takes: fc.constantFrom([1.5], [NaN], [0, -Infinity]).map((items) => Float64Array.from(items)),
  },
  allow: { decorate: rule.Allow, takes: words },
  even: { decorate: (options) => rule.Validate(IsEven, options), takes: counts },
  custom: {
    decorate: custom('isWord', (value, object) => value === 'a' || Object.keys(object).length > 3),
    takes: words,
  },
  // Of no other rule than its name says.
  namesake: { decorate: custom('isEmail', (value) => value === 'a@b.example'), takes: emails },
  truthy: { decorate: custom('isTruthy', (value) => value), takes: words },
  throwing: {
    decorate: custom('throws', (value) => {
      if (value === 'a') throw new Error('no a');
      return true;
    }),
    takes: words,
  },
  promising: {
    decorate: custom('promises', (value) => Promise.resolve(value !== 'ab')),
    takes: words,
  },
} as const satisfies Record<string, RuleCase>;

/** Rules of which class-validator has to be asked, whatever the value. */
const UNCOVERED: readonly string[] = ['promising'];

interface RulePlan {
  readonly name: keyof typeof RULES;
  readonly each: boolean;
  readonly options: keyof typeof OPTIONS;
}

const OPTIONS = {
  none: {},
  groups: { groups: ['some'] },
  always: { groups: ['some'], always: true },
  never: { always: false },
  context: { context: { a: 1 }, message: 'no' },
  'not where null': { validateIf: (_: object, value: unknown) => value !== null },
  'where p0 is no text': {
    validateIf: (object: { p0?: unknown }) => typeof object.p0 !== 'string',
  },
} satisfies Record<string, rule.ValidationOptions>;

const CONDITIONS = {
  none: [],
  optional: [rule.IsOptional()],
  nullable: [rule.ValidateIf((_, value) => value !== null)],
  seldom: [
    rule.ValidateIf((object: { p0?: unknown }) => typeof object.p0 !== 'string'),
    rule.IsOptional(),
  ],
  throwing: [
    rule.ValidateIf((object: { p0?: unknown }) => {
      if (object.p0 === 'abc') throw new Error('no abc');
      return true;
    }),
  ],
} satisfies Record<string, PropertyDecorator[]>;

interface PropertyPlan {
  readonly rules: readonly RulePlan[];
  readonly condition: keyof typeof CONDITIONS;
  readonly holds: 'one' | 'list' | 'set' | 'map';
  readonly nested: boolean;
}

/** A class of generated rules, and instances of it as their properties' values. */
export interface RuleCases {
  readonly base: readonly PropertyPlan[];
  readonly own: readonly PropertyPlan[];
  /** What the nested properties hold objects of. */
  readonly inner: readonly PropertyPlan[];
  readonly values: readonly (readonly unknown[])[];
}

const names = Object.keys(RULES) as RulePlan['name'][];
const seldom = fc.nat({ max: 5 }).map((n) => n === 0);
const rulePlans: fc.Arbitrary<RulePlan> = fc.record({
  name: fc.constantFrom(...names),
  each: seldom,
  options: fc.oneof(
    { weight: 3, arbitrary: fc.constant('none' as const) },
    fc.constantFrom(...(Object.keys(OPTIONS) as RulePlan['options'][])),
  ),
});
const propertyPlans = (mayNest: boolean): fc.Arbitrary<PropertyPlan> =>
  fc.record({
    rules: fc.array(rulePlans, { minLength: 1, maxLength: 2 }),
    condition: fc.oneof(
      { weight: 3, arbitrary: fc.constant('none' as const) },
      fc.constantFrom(...(Object.keys(CONDITIONS) as PropertyPlan['condition'][])),
    ),
    holds: fc.oneof(
      { weight: 3, arbitrary: fc.constant('one' as const) },
      fc.constantFrom('list' as const, 'set' as const, 'map' as const),
    ),
    nested: mayNest ? seldom : fc.constant(false),
  });

const HOSTILE = fc
  .constantFrom(
    ...[
      'null',
      'undefined',
      'bigint',
      'symbol',
      'function',
      'date',
      'list',
      'hole',
      'null prototype',
    ],
    ...['boxed', 'set', 'map', 'strange map', 'promise', 'proxy', 'constructor', 'extra'],
    ...['no number', 'infinite', 'list of no numbers', 'floats'],
  )
  .map((what) => hostile(what));

function hostile(what: string): unknown {
  switch (what) {
    case 'null':
      return null;
    case 'bigint':
      return 5n;
    case 'symbol':
      return Symbol('a');
    case 'function':
      return () => 1;
    case 'date':
      return new Date(0);
    case 'list':
      return [['a', 'a@b.example'], 2];
    case 'hole':
      return Object.assign(new Array<unknown>(1), { extra: 1 });
    case 'null prototype':
      return Object.assign(Object.create(null) as object, { a: 1 });
    case 'boxed':
      return new String('a');
    case 'set':
      return new Set(['a', 2]);
    case 'map':
      return new Map([['a', 'a']]);
    case 'strange map':
      return new Map([[null, 'a']]);
    case 'promise':
      return Promise.resolve('a');
    case 'proxy':
      return new Proxy({}, { ownKeys: () => raise() });
    case 'constructor':
      return { constructor: 'a' };
    case 'no number':
      return NaN;
    case 'infinite':
      return -Infinity;
    case 'list of no numbers':
      return [1, [NaN]];
    case 'floats':
      return Float64Array.of(1, NaN);
    case 'extra':
      return Object.assign(['a'], { extra: 1 });
    default:
      return undefined;
  }
}

function raise(): never {
  throw new Error('nobody may look');
}

function valuesOf(plan: PropertyPlan, inner: readonly PropertyPlan[]): fc.Arbitrary<unknown> {
  const one: fc.Arbitrary<unknown> = plan.nested
    ? fc.tuple(...inner.map((each) => valuesOf(each, []))).map((values) => ({ nested: values }))
    : RULES[plan.rules[0]!.name].takes;
  const some = fc.array(one, { minLength: 1, maxLength: 2 });
  const shaped = {
    one,
    list: some,
    set: some.map((items) => new Set(items)),
    map: some.map((items) => new Map(items.map((item, i) => [String(i), item]))),
  };
  const arbitrary: fc.Arbitrary<unknown> = shaped[plan.holds];
  return fc.oneof({ weight: 15, arbitrary }, { weight: 1, arbitrary: HOSTILE }, fc.constant(null));
}

/** Classes of rules, with values that often keep them. */
export const ruleCases: fc.Arbitrary<RuleCases> = fc
  .record({
    base: fc.array(propertyPlans(false), { maxLength: 1 }),
    own: fc.array(propertyPlans(true), { minLength: 1, maxLength: 3 }),
    inner: fc.array(propertyPlans(false), { minLength: 1, maxLength: 2 }),
  })
  .chain((plan) => {
    const each = [...plan.base, ...plan.own].map((one) => valuesOf(one, plan.inner));
    const values = fc.array(fc.tuple(...each), { minLength: 2, maxLength: 5 });
    return values.map((made) => ({ ...plan, values: made }));
  });

/** Makes the class, and its instances. */
export function buildRuleClass({ base, own, inner, values }: RuleCases) {
  class Inner {}
  class Base {}
  class Generated extends Base {}
  inner.forEach((plan, i) => decorate(Inner, plan, `p${i}`, Inner));
  base.forEach((plan, i) => decorate(Base, plan, `p${i}`, Inner));
  own.forEach((plan, i) => decorate(Generated, plan, `p${base.length + i}`, Inner));
  return { type: Generated, instances: values.map((given) => fill(new Generated(), given, Inner)) };
}

function decorate(type: Type<object>, plan: PropertyPlan, name: string, inner: Type<object>): void {
  const { rules, condition, holds, nested } = plan;
  const prototype = type.prototype as object;
  const shape = {
    one: [],
    list: [rule.IsArray()],
    set: [rule.IsInstance(Set)],
    map: [rule.IsInstance(Map)],
  };
  const each = holds !== 'one';
  const decorators: PropertyDecorator[] = [
    ...CONDITIONS[condition],
    ...shape[holds],
    ...(nested
      ? [rule.ValidateNested({ each }), typed(() => inner)]
      : rules.map((one) =>
          RULES[one.name].decorate({ ...OPTIONS[one.options], each: one.each || each }),
        )),
  ];
  for (const decorator of decorators.reverse()) decorator(prototype, name);
}

function fill(object: object, values: readonly unknown[], inner: Type<object>): object {
  const properties = values.map((value, i) => [`p${i}`, instantiate(value, inner)] as const);
  return Object.assign(object, Object.fromEntries(properties));
}

function instantiate(value: unknown, inner: Type<object>): unknown {
  if (Array.isArray(value) && !('extra' in value))
    return value.map((item) => instantiate(item, inner));
  if (value instanceof Set) return new Set([...value].map((item) => instantiate(item, inner)));
  if (value instanceof Map) {
    return new Map(
      [...(value as Map<unknown, unknown>)].map(([key, item]) => [key, instantiate(item, inner)]),
    );
  }
  const nested = isNested(value) ? value.nested : undefined;
  return nested ? fill(new inner(), nested, inner) : value;
}

function isNested(value: unknown): value is { nested: unknown[] } {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'nested');
}

/** Whether a plan has no rule of which class-validator has to be asked. */
export function isCovered({ base, own, inner }: RuleCases): boolean {
  return [...base, ...own, ...inner].every(({ rules }) =>
    rules.every(({ name }) => !UNCOVERED.includes(name)),
  );
}
