import Type, {
  type Static,
  type TNull,
  type TObject,
  type TOptional,
  type TProperties,
  type TRecord,
  type TSchema,
  type TUnion,
} from 'typebox';

/** Why a value of the right type can't be used all the same. */
export interface Violation {
  /** Keys inside the value, where the value is an object and one key of it is wrong. */
  readonly path?: readonly string[];
  /** What the rule asks for. */
  readonly expected: string;
  /** What was found, where the value as a whole would not say it. Secrets masked. */
  readonly found?: string;
  /** The nearest thing that would have been right. */
  readonly nearest?: string;
}

/** What a rule finds: one thing, several, or nothing. */
export type Violations = Violation | readonly Violation[] | undefined;

/** What is said about an option once, beside its type. */
export interface OptionFacts<T = unknown> {
  /** One sentence for the docs, the dumped schema and editors. */
  readonly description: string;
  /** Value where nothing is configured. */
  readonly default: T;
  /** Python Lightbus's default; left out where Python has no such option. */
  readonly python?: unknown;
  /** Unit of the value: `seconds`, `events`. */
  readonly unit?: string;
  /** What to write where the type alone doesn't say enough; errors and README show it. */
  readonly expected?: string;
  /** Whether this module uses the option yet. @default true */
  readonly used?: boolean;
  /** Keys that users look for beside this option, and that it stands for. */
  readonly covers?: readonly string[];
  /** Keywords with which JSON Schema says what the rule asks for, as far as it can. */
  readonly keywords?: Readonly<Record<string, unknown>>;
  /** Whether the value may hold secrets: errors never show it. @default false */
  readonly secret?: boolean;
  /** Whether code may give a function in place of the value. No file can say one. @default false */
  readonly isRenewable?: boolean;
  /** Rule beyond the type. Called with a value that has the type. */
  readonly rule?: (value: NonNullable<T>) => Violations;
  /** Of a group: whether only this module has it. Options say so by having no `python`. @default false */
  readonly isOurs?: boolean;
  /** Of a group that several configurations say something of: what of an earlier one stays beside a later one. */
  readonly yields?: Yields;
}

/** What of an earlier configuration's group stays where a later one says something else. Neither has been checked. */
export type Yields = (
  earlier: Readonly<Record<string, unknown>>,
  later: Readonly<Record<string, unknown>>,
) => Readonly<Record<string, unknown>>;

/** What is said about a group of options. */
export type SectionFacts<T = unknown> = Pick<
  OptionFacts<T>,
  'description' | 'expected' | 'used' | 'keywords' | 'rule' | 'yields' | 'isOurs'
>;

/** What is said about any node of the declaration. */
export type Facts = Omit<Partial<OptionFacts>, 'rule'> & {
  readonly description: string;
  readonly rule?: (value: never) => Violations;
};

const FACTS: unique symbol = Symbol('lightbus:option');

/** Marks a leaf of the declaration, so that types can tell options from sections. */
export interface OptionMark {
  readonly [FACTS]: Facts;
}

/**
 * Declares one option: type, rule, default and documentation in one place. The TypeScript type,
 * the checks, the JSON Schema and the table of docs/configuration.md all come from here. (Without `NoInfer`, the
 * compiler takes ten times the steps for all of `lib/`: it looks for `T` in what TypeBox makes of it.)
 */
export function option<T extends TSchema>(
  type: T,
  facts: OptionFacts<NoInfer<Static<T>>>,
): TOptional<T> & OptionMark {
  return declare(type, facts, { default: facts.default }) as TOptional<T> & OptionMark;
}

/** Declares a group of options; keys that it doesn't name are errors. */
export function section<P extends TProperties>(
  properties: P,
  facts: SectionFacts<Static<TObject<P>>>,
): TOptional<TObject<P>> {
  return declare(Type.Object(properties, { additionalProperties: false }), facts, {});
}

/** Declares that a group of options may also be written in other ways, such as `true`. */
export function alternatives<T extends TSchema[]>(
  types: [...T],
  facts: Facts,
): TOptional<TUnion<T>> {
  return declare(Type.Union(types), facts, {});
}

/** Declares that a group of options may also be `null`, which means the same as leaving it out. */
export function nullable<T extends TSchema>(group: T): TOptional<TUnion<[T, TNull]>> {
  return alternatives<[T, TNull]>([group, Type.Null()], factsOf(group) ?? { description: '' });
}

/** Declares groups of options of one kind under names that the user chooses. */
export function sectionsByName<T extends TSchema>(
  each: T,
  facts: SectionFacts<Record<string, Static<T>>>,
): TOptional<TRecord<'^.*$', T>> {
  return declare(Type.Record(Type.String(), each), facts, {});
}

/** What was declared about this node of the declaration, if anything was. */
export function factsOf(schema: TSchema): Facts | undefined {
  return (schema as { [FACTS]?: Facts })[FACTS];
}

/** Whether Python Lightbus refuses a configuration that holds the key. */
export function isRefusedByPython(schema: TSchema): boolean {
  const facts = factsOf(schema);
  if (facts === undefined) return false;
  return facts.isOurs === true || ('default' in facts && facts.python === undefined);
}

function declare<T extends TSchema>(type: T, facts: Facts, keywords: object): TOptional<T> {
  // A copy, with modifiers that TypeBox keeps in hidden properties.
  const schema = Type.Optional(type);
  Object.assign(schema, { description: facts.description }, keywords);
  Object.defineProperty(schema, FACTS, { value: facts });
  return schema as TOptional<T>;
}
