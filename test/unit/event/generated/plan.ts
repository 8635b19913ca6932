import fc from 'fast-check';
import { SCALARS, type ScalarName } from './scalars.js';

/** What a property holds, or each item of it. */
export type Item =
  | { readonly kind: 'scalar'; readonly scalar: ScalarName }
  | { readonly kind: 'free'; readonly free: 'anything' | 'object' }
  | { readonly kind: 'nested'; readonly of: ClassPlan }
  /** The class that the property belongs to. */
  | { readonly kind: 'self' }
  /** One of several subclasses of a class, told apart by a discriminator. */
  | {
      readonly kind: 'choice';
      readonly base: ClassPlan;
      readonly variants: readonly ClassPlan[];
      /** Whether the discriminator is a property of the instances, too: kept by `@Type`, or declared. */
      readonly tag: 'hidden' | 'kept' | 'declared';
    };

export type Shape = 'one' | 'list' | 'lists' | 'set' | 'map';

/** Which of these a value may be beside one of its type. */
export type Presence = 'required' | 'optional' | 'nullable' | 'nullish';

export interface Member {
  readonly name: string;
  readonly item: Item;
  readonly shape: Shape;
  /** What says which class a value is of: `@Type`, TypeScript's record, or `@IsDate` alone. */
  readonly hint: 'type' | 'design' | 'rule';
  /** Who compiled the class: swc records unions with null as `Object`; JavaScript has no record. */
  readonly compiler: 'tsc' | 'swc' | 'none';
  readonly presence: Presence;
  /** Whether the field has an initialiser. */
  readonly initialised: boolean;
  /** Whether no rule says that it is a list, a set or a map. */
  readonly bare: boolean;
  /** `@Expose({ name })`. */
  readonly exposed?: string;
}

/** An event class, or a class of nested objects, as data: what a counterexample prints. */
export interface ClassPlan {
  readonly how: 'plain' | 'extends' | 'pick' | 'omit' | 'partial' | 'intersection';
  readonly own: readonly Member[];
  /** Of the class that it extends, or is mapped from. */
  readonly inherited: readonly Member[];
  /** Compiled so that each field is defined on the instance, as ECMAScript has it. */
  readonly defined: boolean;
  /** `@Exclude()` on the class, and `@Expose()` on each property. */
  readonly closed: boolean;
}

const NAMES = [
  ...['a', 'b', 'orderId', 'snake_case', 'größe', 'id', 'size', 'length', 'then', 'key', 'value'],
  ...['map', 'payload', 'version', 'api_name', '_hidden', '$dollar', 'name', 'type', 'data', 'get'],
];

const seldom = fc.nat({ max: 7 }).map((n) => n === 7);

const scalarNames = Object.keys(SCALARS) as ScalarName[];
const scalarItems = fc
  .constantFrom(...scalarNames)
  .map((scalar): Item => ({ kind: 'scalar', scalar }));

function items(depth: number): fc.Arbitrary<Item> {
  if (depth <= 0) return scalarItems;
  return fc.oneof(
    { weight: 6, arbitrary: scalarItems },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('anything' as const, 'object' as const)
        .map((free): Item => ({ kind: 'free', free })),
    },
    {
      weight: 2,
      // class-validator takes no objects of a class that it has no rule for.
      arbitrary: classPlans(depth - 1)
        .filter((of) => membersOf(of).length > 0)
        .map((of): Item => ({ kind: 'nested', of })),
    },
    { weight: 1, arbitrary: fc.constant<Item>({ kind: 'self' }) },
    {
      weight: 1,
      arbitrary: fc
        .record({
          base: simplePlans(''),
          variants: fc.array(simplePlans('own_'), { minLength: 1, maxLength: 3 }),
          tag: fc.constantFrom('hidden' as const, 'kept' as const, 'declared' as const),
        })
        .map((choice): Item => ({ kind: 'choice', ...choice })),
    },
  );
}

function members(depth: number): fc.Arbitrary<Omit<Member, 'name'>> {
  return fc
    .record({
      item: items(depth),
      shape: fc.oneof(
        { weight: 3, arbitrary: fc.constant<Shape>('one') },
        { weight: 3, arbitrary: fc.constantFrom<Shape>('list', 'lists', 'set', 'map') },
      ),
      hint: fc.constantFrom('type' as const, 'design' as const, 'rule' as const),
      compiler: fc.constantFrom('tsc' as const, 'swc' as const, 'none' as const),
      presence: fc.constantFrom<Presence>('required', 'optional', 'nullable', 'nullish'),
      initialised: fc.boolean(),
      bare: fc.boolean(),
    })
    .map(settle);
}

// What nobody can know from the class is left out: the start refuses such classes (rule 2).
function settle(member: Omit<Member, 'name'>): Omit<Member, 'name'> {
  const { item } = member;
  // What is written as a list itself can't be told from a list of lists.
  const isList = item.kind === 'scalar' && ['floats', 'bigints'].includes(item.scalar);
  const shape = isList && member.shape === 'lists' ? 'list' : member.shape;
  const needsRecord = shape === 'set' || shape === 'map';
  const isUnion = member.presence === 'nullable' || member.presence === 'nullish';
  const isRecorded = member.compiler === 'tsc' || (member.compiler === 'swc' && !isUnion);
  const compiler = needsRecord && !isRecorded ? 'tsc' : member.compiler;
  const isKnown = shape === 'one' && isRecorded;
  const isDate = item.kind === 'scalar' && item.scalar === 'date';
  const mayBe =
    member.hint === 'type' ||
    item.kind === 'free' ||
    (member.hint === 'design' && isKnown && item.kind !== 'self' && item.kind !== 'choice') ||
    (member.hint === 'rule' && isDate && shape !== 'lists');
  const isJson = item.kind === 'scalar' && SCALARS[item.scalar].isJson;
  const hint = mayBe || isJson ? member.hint : 'type';
  // One without an end could not be made.
  const presence =
    item.kind === 'self' && shape === 'one' && !isUnion ? 'optional' : member.presence;
  const initialised = member.initialised && (item.kind === 'scalar' || shape !== 'one');
  return { ...member, shape, compiler, hint, presence, initialised };
}

function named(prefix: string, count: number, depth: number): fc.Arbitrary<readonly Member[]> {
  const some = fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: count });
  return some.chain((names) =>
    fc
      .tuple(
        ...names.map((name) =>
          members(depth).map((member) => ({ name: `${prefix}${name}`, ...member })),
        ),
      )
      .chain((made) => exposing(made)),
  );
}

/** Some under other names, two of them perhaps under each other's. */
function exposing(plain: readonly Member[]): fc.Arbitrary<readonly Member[]> {
  const [first, second, ...others] = plain;
  if (!first) return fc.constant(plain);
  const ways: (readonly Member[])[] = [
    plain,
    plain,
    [{ ...first, exposed: `wire_${first.name}` }, ...plain.slice(1)],
  ];
  if (second) {
    const swapped = [
      { ...first, exposed: second.name },
      { ...second, exposed: first.name },
      ...others,
    ];
    ways.push(swapped);
  }
  return fc.constantFrom(...ways);
}

function simplePlans(prefix: string): fc.Arbitrary<ClassPlan> {
  return fc.record({
    how: fc.constant('plain' as const),
    own: named(prefix, 2, 0),
    inherited: fc.constant([]),
    defined: fc.boolean(),
    closed: fc.constant(false),
  });
}

/** Classes whose properties hold classes, `depth` levels deep. */
export function classPlans(depth: number): fc.Arbitrary<ClassPlan> {
  const ways = ['extends', 'pick', 'omit', 'partial', 'intersection'] as const;
  const derived = fc.record({
    how: fc.constantFrom(...ways),
    own: named('', 2, depth),
    inherited: named('base_', 3, depth),
    defined: fc.boolean(),
    closed: seldom,
  });
  const plain = fc.record({
    how: fc.constant('plain' as const),
    own: named('', 5, depth),
    inherited: fc.constant([]),
    defined: fc.boolean(),
    closed: seldom,
  });
  return fc.oneof({ weight: 3, arbitrary: plain }, { weight: 2, arbitrary: derived });
}

/** All properties of a class, as they are in force. */
export function membersOf({ how, own, inherited }: ClassPlan): readonly Member[] {
  if (how !== 'partial') return [...inherited, ...own];
  const loosened = inherited.map((member): Member => {
    const isUnion = member.presence === 'nullable' || member.presence === 'nullish';
    return { ...member, presence: isUnion ? 'nullish' : 'optional' };
  });
  return [...loosened, ...own];
}
