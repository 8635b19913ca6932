import { EventDefinitionError, UpcastError } from '../errors.js';
import { isPlain } from './own-properties.js';
import { reasonOf } from './reason.js';

/** The plain parameters of an event, as they are stored. */
export type PlainParameters = Record<string, unknown>;

/**
 * Makes of the plain parameters of an event of one version those of the next. Synchronous and pure. What that version
 * had may be said, `({ amount, ...rest }: { amount: number }) => …`, and is believed: nothing checks what is stored.
 */
// As a method: its parameter may then have a narrower type.
export type Upcaster = { lift(parameters: PlainParameters): PlainParameters }['lift'];

/** Upcasters, each by the version that it lifts from. */
export type Upcasters = Readonly<Record<number, Upcaster>>;

/** What of an event's definition lifting needs. */
interface Versioned {
  readonly canonicalName: string;
  readonly version: number;
  readonly upcasters: Upcasters;
}

/** Refuses what can't be an upcaster. @param call `@Event('…')`, for errors. @throws EventDefinitionError */
export function checkUpcasters(call: string, version: number, upcasters: unknown): void {
  const fail = (what: string): never => {
    throw new EventDefinitionError(
      `${call} ${what}. Give an object with a function for each version before ${version}: ` +
        "{ 1: (parameters) => ({ ...parameters, currency: 'EUR' }) } lifts version 1 to version 2.",
    );
  };
  if (!isPlain(upcasters)) return fail('has upcasters that are no plain object');
  for (const [from, upcaster] of Object.entries(upcasters)) {
    if (!/^(0|[1-9]\d*)$/.test(from) || Number(from) >= version) {
      fail(`has an upcaster for '${from}', which is no version before ${version}`);
    }
    if (typeof upcaster !== 'function') {
      fail(`has an upcaster for version ${from} that is no function`);
    }
  }
}

/** What is wrong with an event some of whose versions can't be read; `undefined` where nothing is. */
export function missingUpcasters({
  canonicalName,
  version,
  upcasters,
}: Versioned): string | undefined {
  const missing: number[] = [];
  for (let from = 1; from < version && missing.length < 10; from++) {
    if (!Object.hasOwn(upcasters, from)) missing.push(from);
  }
  const [first] = missing;
  if (first === undefined) return undefined;
  return (
    `'${canonicalName}' has version ${version}, and no upcaster for ${missing.join(', ')}: events of that ` +
    'version, which history keeps for ever, could not be read. Add ' +
    `upcasters: { ${first}: (parameters) => ({ ...parameters }) } with what is different to its @Event.`
  );
}

/**
 * Lifts the parameters of a stored event to the version of its class, step by step; those of a version below
 * all steps, which nobody described, from the first step on. Those of a newer version stay as they are.
 * Upcasters are given a copy, and what they return is copied: a list that one of them adds to every event is
 * another one in each.
 *
 * @returns the parameters and the version that they have now.
 * @throws UpcastError where an upcaster throws, or returns no object.
 */
export function upcast(
  { canonicalName, version, upcasters }: Versioned,
  stored: { readonly version: number; readonly parameters: PlainParameters },
): { readonly version: number; readonly parameters: PlainParameters } {
  let from = firstStep(upcasters, stored.version);
  if (!Object.hasOwn(upcasters, from)) return stored;
  let { parameters } = stored;
  for (; from < version && Object.hasOwn(upcasters, from); from++) {
    parameters = step(canonicalName, from, upcasters[from] as Upcaster, parameters);
  }
  return { version: from, parameters };
}

/** The step that begins at this version, or the first of all where it is below them. */
function firstStep(upcasters: Upcasters, from: number): number {
  if (Object.hasOwn(upcasters, from)) return from;
  // Numbers as names of properties are in their order.
  const first = Number(Object.keys(upcasters)[0]);
  return first > from ? first : from;
}

function step(
  canonicalName: string,
  from: number,
  upcaster: Upcaster,
  parameters: PlainParameters,
): PlainParameters {
  const failed = `The upcaster of '${canonicalName}' from version ${from} to ${from + 1}`;
  let result: unknown;
  try {
    result = copyOf(upcaster(copyOf(parameters)));
  } catch (cause) {
    throw new UpcastError(`${failed} has thrown: ${reasonOf(cause)}.`, { cause });
  }
  const isObject = typeof result === 'object' && result !== null && !Array.isArray(result);
  if (isObject && typeof (result as { then?: unknown }).then !== 'function') {
    return result as PlainParameters;
  }
  throw new UpcastError(
    `${failed} returned ${isObject ? 'a promise' : Array.isArray(result) ? 'a list' : String(result)}. ` +
      'It must return the parameters of the next version, at once.',
  );
}

/** Lists and plain objects anew; what else an upcaster may have made, a date, stays as it is. */
function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]: [string, unknown]) => [name, copyOf(item)]),
  ) as T;
}
