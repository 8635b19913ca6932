/** Numbers that JSON has not (NaN and the infinite ones): which properties may hold them, and what is said of others. */

import type { InvalidProperty } from '../fire-errors.js';
import type { Rule } from './property-type.js';

/** The name of the constraint that such a number breaks. */
const CONSTRAINT = 'finiteNumber';

/** Whether rules ask for such numbers: `@IsNumber({ allowNaN: true })`, or `allowInfinity`. */
export function mayHoldNonFinite(rules: readonly Rule[]): boolean {
  return rules.some((rule) => allows(rule, 'allowNaN') || allows(rule, 'allowInfinity'));
}

/** Whether rules ask for a number that JSON has not. */
export function allowsNonFinite(rules: readonly Rule[], value: unknown): boolean {
  const option = Number.isNaN(value) ? 'allowNaN' : 'allowInfinity';
  return rules.some((rule) => allows(rule, option));
}

function allows({ name, constraints }: Rule, option: 'allowNaN' | 'allowInfinity'): boolean {
  const options = constraints?.[0] as { readonly [each in typeof option]?: unknown } | undefined;
  return name === 'isNumber' && Boolean(options?.[option]);
}

/** A finding: a number that JSON has not, or a list with one in it. */
export function nonFinite(path: readonly string[], value: unknown): InvalidProperty {
  const isItem = /^\d+$/.test(path.at(-1) ?? '');
  const what = isItem ? `item ${path.at(-1)} of ${path.at(-2)}` : path.at(-1);
  const expected = typeof value === 'number' ? 'be a finite number' : 'hold finite numbers only';
  const text = `${what} must ${expected}: JSON has no other`;
  return { path: path.join('.'), value, constraints: { [CONSTRAINT]: text } };
}

/** Whether a finding is one of these. */
export function isAboutNonFinite({ constraints }: InvalidProperty): boolean {
  return CONSTRAINT in constraints;
}
