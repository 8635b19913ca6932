/** What class-validator takes, but the published schema, or the reader of an event, does not. */

import { enumValues, type Rule } from './property-type.js';

/** Whether a value is the name of a numeric enum's member, which class-validator takes for the member. */
export function isEnumName(rules: readonly Rule[], value: unknown): boolean {
  return rules.some(
    ({ name, constraints }) =>
      name === 'isEnum' &&
      typeof value === 'string' &&
      Object.hasOwn(constraints?.[0] as object, value) &&
      !enumValues(constraints?.[0]).includes(value),
  );
}

/**
 * The limit of a text, or of one in a list, that is too long for JSON Schema, which counts code points:
 * class-validator does not count variation selectors, such as the second half of a red heart.
 */
export function exceededLength(rules: readonly Rule[], value: unknown): number | undefined {
  const texts = textsIn(value);
  if (texts.length === 0) return undefined;
  return limitsOf(rules).find((limit) => texts.some((text) => isLonger(text, limit)));
}

/** How long the texts of a property may be, by each of its rules. */
export function limitsOf(rules: readonly Rule[]): number[] {
  return rules.flatMap(({ name, constraints, validateIf }) => {
    if (validateIf) return [];
    const limit = constraints?.[name === 'isLength' ? 1 : 0] as unknown;
    return (name === 'isLength' || name === 'maxLength') && typeof limit === 'number'
      ? [limit]
      : [];
  });
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  const isCollection = Array.isArray(value) || value instanceof Set || value instanceof Map;
  if (!isCollection) return [];
  const items: unknown[] = [...value.values()];
  return items.filter((item) => typeof item === 'string');
}

function isLonger(text: string, limit: number): boolean {
  return text.length > limit && Array.from(text).length > limit;
}

/** Why class-validator can't validate a property of that name, and what to do; undefined where it can. */
export function unusableName(name: string): string | undefined {
  if (!(name in Object.prototype)) return undefined;
  return (
    "can't be validated: class-validator takes its name for the member of every object. Give it " +
    `another one, and its name on the wire by @Expose({ name: '${name}' })`
  );
}
