import type { InvalidProperty } from '../fire-errors.js';
import { designTypeOf, rulesOf, shapeOf, type Rule, type Shape } from './property-shape.js';

/** What a property of each shape may hold, in words for `<property> must be …`. */
const EXPECTED: Readonly<Record<Shape, string>> = {
  single: 'an object, no list or map',
  list: 'a list',
  map: 'a map',
  any: 'one value or a list',
};

/**
 * Properties whose value is a list or map where the class declares an object, or the other way round,
 * in nested objects too. class-validator accepts these; on the wire they are not what the event's
 * schema promises.
 */
export function findMisshapen(
  instance: object,
  parents: readonly string[] = [],
): InvalidProperty[] {
  const prototype = Object.getPrototypeOf(instance) as object | null;
  return [...rulesOf(prototype?.constructor)].flatMap(([property, rules]) => {
    const value = (instance as Record<string, unknown>)[property];
    if (value === undefined || value === null || !applies(instance, value, rules)) return [];
    const shape = shapeOf(rules, designTypeOf(prototype as object, property));
    const path = [...parents, property];
    const isNested = rules.some(({ type }) => type === 'nestedValidation');
    // Rules for each item say nothing about a single value.
    const isRuled = isNested || (shape !== 'single' && rules.some(({ each }) => each));
    if (isRuled && !fits(value, shape)) return [invalid(path, value, EXPECTED[shape])];
    if (!isNested) return [];
    return itemsOf(value).flatMap(([key, item]) => {
      const itemPath = key === undefined ? path : [...path, key];
      if (item === undefined || isCollection(item)) {
        return [invalid(itemPath, item, EXPECTED.single)];
      }
      // What is no object is found by class-validator.
      return typeof item === 'object' && item !== null ? findMisshapen(item, itemPath) : [];
    });
  });
}

// As class-validator: `@IsOptional` and `@ValidateIf` switch all rules of the property off.
function applies(instance: object, value: unknown, rules: readonly Rule[]): boolean {
  const conditions = rules.filter(({ type }) => type === 'conditionalValidation');
  return conditions.every(({ constraints }) =>
    Boolean((constraints?.[0] as (...args: unknown[]) => unknown)(instance, value)),
  );
}

function fits(value: unknown, shape: Shape): boolean {
  switch (shape) {
    case 'single':
      return !isCollection(value);
    case 'list':
      return isList(value);
    case 'map':
      return value instanceof Map;
    case 'any':
      return !(value instanceof Map);
  }
}

function itemsOf(value: unknown): [string | undefined, unknown][] {
  if (value instanceof Map) return [...value].map(([key, item]) => [String(key), item]);
  // Array.from shows the holes of an array, which class-validator skips.
  if (isList(value)) return Array.from(value, (item, i) => [String(i), item]);
  return [[undefined, value]];
}

function isList(value: unknown): value is readonly unknown[] | ReadonlySet<unknown> {
  return Array.isArray(value) || value instanceof Set;
}

function isCollection(value: unknown): boolean {
  return isList(value) || value instanceof Map;
}

function invalid(path: readonly string[], value: unknown, expected: string): InvalidProperty {
  const constraints = { nestedValidation: `${path.at(-1)} must be ${expected}` };
  return { path: path.join('.'), value, constraints };
}
