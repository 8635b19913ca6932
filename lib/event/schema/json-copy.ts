import { reasonOf } from '../reason.js';

/** Depth of objects and lists; validators recurse. */
const DEEPEST = 64;

/**
 * A copy of a value that is plain JSON: what JSON would leave out or change, as `NaN` or a date, is told. Properties
 * that are undefined are not there.
 *
 * @param refuse is told what is no JSON, in words, and throws.
 */
export function plainJson(value: unknown, refuse: (fault: string) => never): unknown {
  let fault: string | undefined;
  try {
    fault = faultOf(value, 0);
    if (fault === undefined) return JSON.parse(JSON.stringify(value)) as unknown;
  } catch (error) {
    // Of a getter, or a proxy.
    fault = reasonOf(error);
  }
  return refuse(`it is no plain JSON (${fault})`);
}

function faultOf(value: unknown, depth: number): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${value} is in it`;
  if (typeof value !== 'object') return `a ${typeof value} is in it`;
  if (depth === DEEPEST) return `it holds itself, or is more than ${DEEPEST} levels deep`;
  if (Array.isArray(value)) return firstFault(Array.from(value as unknown[]), depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  // A toJSON would write something else.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return 'an object of a class is in it';
  }
  const held: unknown[] = Object.values(value);
  return firstFault(
    held.filter((each) => each !== undefined),
    depth,
  );
}

function firstFault(values: readonly unknown[], depth: number): string | undefined {
  for (const value of values) {
    const fault = faultOf(value, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
