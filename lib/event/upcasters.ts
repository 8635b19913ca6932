import { EventDefinitionError, UpcastError } from '../errors.js';
import { reasonOf } from './reason.js';

/** The plain parameters of an event, as they are stored. */
export type PlainParameters = Record<string, unknown>;

/** Makes of the plain parameters of an event of one version those of the next. Synchronous and pure. */
export type Upcaster = (parameters: PlainParameters) => PlainParameters;

/** Upcasters, each by the version that it lifts from. */
export type Upcasters = Readonly<Record<number, Upcaster>>;

/** What of an event's definition lifting needs. */
interface Versioned {
  readonly canonicalName: string;
  readonly version: number;
  readonly upcasters: Upcasters;
}

/** Refuses what can't be an upcaster. @throws EventDefinitionError */
export function checkUpcasters(name: string, version: number, upcasters: unknown): void {
  const fail = (what: string): never => {
    throw new EventDefinitionError(
      `@Event('${name}') ${what}. Give an object with a function for each version before ${version}: ` +
        '{ 1: (parameters) => ({ ...parameters, currency: "EUR" }) } lifts version 1 to version 2.',
    );
  };
  if (typeof upcasters !== 'object' || upcasters === null || Array.isArray(upcasters)) {
    return fail('has upcasters that are no object');
  }
  for (const [from, upcaster] of Object.entries(upcasters)) {
    if (!/^(0|[1-9]\d*)$/.test(from) || Number(from) >= version) {
      fail(`has an upcaster for '${from}', which is no version before ${version}`);
    }
    if (typeof upcaster !== 'function')
      fail(`has an upcaster for version ${from} that is no function`);
  }
}

/** Refuses an event some of whose versions can't be read. For the start. @throws EventDefinitionError */
export function requireUpcasters({ canonicalName, version, upcasters }: Versioned): void {
  const missing: number[] = [];
  for (let from = 1; from < version && missing.length < 10; from++) {
    if (!Object.hasOwn(upcasters, from)) missing.push(from);
  }
  if (missing.length === 0) return;
  throw new EventDefinitionError(
    `'${canonicalName}' has version ${version}, and no upcaster for ${missing.join(', ')}: events of that ` +
      'version, which history keeps for ever, could not be read. Add ' +
      `upcasters: { ${String(missing[0])}: (parameters) => ({ ...parameters }) } with what is different to its @Event.`,
  );
}

/**
 * Lifts the parameters of a stored event to the version of its class, step by step. Those of a newer
 * version, and of one that no upcaster begins at, stay as they are.
 *
 * @returns the parameters and the version that they have now.
 * @throws UpcastError where an upcaster throws, or returns no object.
 */
export function upcast(
  { canonicalName, version, upcasters }: Versioned,
  stored: { readonly version: number; readonly parameters: PlainParameters },
): { readonly version: number; readonly parameters: PlainParameters } {
  let parameters = stored.parameters;
  let from = stored.version;
  for (; from < version && Object.hasOwn(upcasters, from); from++) {
    parameters = step(canonicalName, from, upcasters[from] as Upcaster, parameters);
  }
  return { version: from, parameters };
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
    result = upcaster(parameters);
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
