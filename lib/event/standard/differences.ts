import { isDeepStrictEqual } from 'node:util';
import type { InvalidProperty } from '../../fire-errors.js';

/** Where what a schema made of a payload is another than what was given. */
export interface Differences {
  /** Values that it changed or added, which nobody would see in what is stored. */
  readonly changed: InvalidProperty[];
  /** Properties that it took out, as most libraries do with what they don't know. */
  readonly removed: InvalidProperty[];
}

/** Compares what was given with what a schema made of it. */
export function findDifferences(given: unknown, made: unknown): Differences {
  const found: Differences = { changed: [], removed: [] };
  compare(given, made, [], found);
  return found;
}

function compare(given: unknown, made: unknown, path: readonly string[], found: Differences): void {
  if (!isObject(given) || !isObject(made) || lengthOf(given) !== lengthOf(made)) {
    if (!isDeepStrictEqual(given, made)) found.changed.push(changed(path, given, made));
    return;
  }
  const names = new Set([...Object.keys(given), ...Object.keys(made)]);
  for (const name of names) {
    const at = [...path, name];
    const [before, after] = [own(given, name), own(made, name)];
    if (after === undefined && before !== undefined) found.removed.push(unknown(at, before));
    else compare(before, after, at, found);
  }
}

/** What takes items out of a list makes another one of it. */
function lengthOf(value: object): number | undefined {
  return Array.isArray(value) ? value.length : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function own(owner: object, name: string): unknown {
  return Object.hasOwn(owner, name) ? (owner as Record<string, unknown>)[name] : undefined;
}

/** As class-validator says it. */
function unknown(path: readonly string[], value: unknown): InvalidProperty {
  const constraints = { whitelistValidation: `property ${path.at(-1)} should not exist` };
  return { path: path.join('.'), value, constraints };
}

function changed(path: readonly string[], given: unknown, made: unknown): InvalidProperty {
  const what =
    given === undefined
      ? 'adds it (a default)'
      : `makes ${kindOf(made, given)} of it (a transform, a coercion, or a default)`;
  const why = 'what is stored must be what was given, as nothing would change it back';
  const constraints = { unchanged: `the schema ${what}, and ${why}` };
  return { path: path.join('.'), value: given, constraints };
}

// Not the values: errors are logged.
function kindOf(made: unknown, given: unknown): string {
  const [kind, before] = [made, given].map((value) =>
    value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value,
  );
  return kind === before ? `another ${kind}` : `a ${kind}`;
}
