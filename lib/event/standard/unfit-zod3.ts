import type { Unfit } from './unfit.js';

/** What zod 3 keeps of a schema. */
interface Zod3Definition {
  readonly typeName: string;
  readonly coerce?: boolean;
  readonly effect?: { readonly type?: string };
  readonly checks?: readonly { readonly kind?: string }[];
  /** A function that gives it. */
  readonly shape?: unknown;
  /** A function that gives it. */
  readonly getter?: unknown;
  readonly [member: string]: unknown;
}

const CHANGES: Readonly<Record<string, string>> = {
  ZodDefault: 'a default',
  ZodCatch: 'a value in place of an invalid one (catch)',
};
const UNCARRIED: Readonly<Record<string, string>> = {
  ZodDate: 'a date',
  ZodMap: 'a Map',
  ZodSet: 'a Set',
  ZodBigInt: 'a bigint',
  ZodSymbol: 'a symbol',
  ZodNaN: 'NaN',
  ZodFunction: 'a function',
  ZodPromise: 'a promise',
};
const CHANGING_CHECKS = ['trim', 'toLowerCase', 'toUpperCase'];
/** Where schemas hold others, by whether these are about items. */
const MEMBERS: Readonly<Record<string, boolean>> = {
  innerType: false,
  schema: false,
  in: false,
  out: false,
  left: false,
  right: false,
  options: false,
  // Of a list; in a brand it is the value itself.
  type: true,
  items: true,
  rest: true,
  valueType: true,
  catchall: true,
};

/** What of a schema of zod 3 is unfit for an event; `undefined` where it is none. */
export function findInZod3(schema: unknown): Unfit[] | undefined {
  if (!definitionOf(schema)) return undefined;
  const found: Unfit[] = [];
  visit(schema, [], found, new Set());
  return found;
}

function definitionOf(schema: unknown): Zod3Definition | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  const definition = (schema as { readonly _def?: Partial<Zod3Definition> })._def;
  return typeof definition?.typeName === 'string' ? (definition as Zod3Definition) : undefined;
}

function visit(schema: unknown, path: readonly string[], found: Unfit[], seen: Set<unknown>): void {
  const definition = definitionOf(schema);
  if (!definition || seen.has(definition)) return;
  seen.add(definition);
  const { typeName, getter, shape } = definition;
  for (const what of changesOf(definition)) found.push({ path, what, how: 'changes' });
  if (Object.hasOwn(UNCARRIED, typeName)) {
    found.push({ path, what: UNCARRIED[typeName] ?? '', how: 'uncarried' });
    return;
  }
  if (typeof getter === 'function') visit((getter as () => unknown)(), path, found, seen);
  if (typeof shape === 'function') {
    const properties = (shape as () => Readonly<Record<string, unknown>>)();
    for (const [name, one] of Object.entries(properties)) visit(one, [...path, name], found, seen);
  }
  for (const [member, isOfItems] of Object.entries(MEMBERS)) {
    const inside = isOfItems && typeName !== 'ZodBranded' ? [...path, '[]'] : path;
    for (const one of [definition[member]].flat()) visit(one, inside, found, seen);
  }
  // What changes keys changes values, too.
  visit(definition.keyType, [...path, '(names)'], found, seen);
}

function changesOf({ typeName, coerce, effect, checks = [] }: Zod3Definition): string[] {
  const isEffect = typeName === 'ZodEffects' && effect?.type !== 'refinement';
  return [
    ...(Object.hasOwn(CHANGES, typeName) ? [CHANGES[typeName] ?? ''] : []),
    ...(isEffect ? [`a transform (${effect?.type})`] : []),
    ...(coerce === true ? ['coercion'] : []),
    ...(checks.some(({ kind = '' }) => CHANGING_CHECKS.includes(kind))
      ? ['a transform (trim, toLowerCase, toUpperCase)']
      : []),
  ];
}
