import 'reflect-metadata';
import { getMetadataStorage } from 'class-validator';

/** One decorator of class-validator on a property. */
export type Rule = ReturnType<
  ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']
>[number];

/** Whether a property holds one value, several, or (`any`) either. */
export type Shape = 'single' | 'list' | 'map' | 'any';

/** The rules that hold for a class, its own and inherited ones, by property. */
export function rulesOf(type: unknown): ReadonlyMap<string, Rule[]> {
  const rules = new Map<string, Rule[]>();
  if (typeof type !== 'function') return rules;
  for (const rule of getMetadataStorage().getTargetValidationMetadatas(type, '', false, false)) {
    rules.set(rule.propertyName, [...(rules.get(rule.propertyName) ?? []), rule]);
  }
  return rules;
}

/** The class that TypeScript recorded as a property's type, if it did. */
export function designTypeOf(prototype: object, property: string): unknown {
  return Reflect.getMetadata('design:type', prototype, property);
}

/**
 * What a class says about a property that has rules for each item or for nested objects.
 * class-validator goes by the value instead, and would let a list through where an object is declared.
 */
export function shapeOf(rules: readonly Rule[], designType: unknown): Shape {
  if (designType === Array || designType === Set || rules.some(isListRule)) return 'list';
  if (designType === Map) return 'map';
  // A union (of `null`, too, where swc compiles), an interface, or plain JavaScript.
  const isUnknown = designType === undefined || designType === Object;
  if (!isUnknown) return 'single';
  const nested = rules.filter(({ type }) => type === 'nestedValidation');
  if (nested.length > 0) return nested.some(({ each }) => each) ? 'list' : 'single';
  return rules.some(({ each }) => each) ? 'any' : 'single';
}

function isListRule({ name, each, validateIf }: Rule): boolean {
  return !each && !validateIf && (name === 'isArray' || /^array[A-Z]/.test(name ?? ''));
}
