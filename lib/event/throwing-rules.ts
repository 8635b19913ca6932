import type { ValidatorConstraintInterface } from 'class-validator';
import type { InvalidProperty } from '../fire-errors.js';
import { givesPromises } from './compiled/validators.js';
import { hasModel, modelOf } from './class-model.js';
import { getMetadataStorage } from './libraries.js';
import { classOf } from './own-properties.js';
import type { Rule } from './property-type.js';
import { reasonOf } from './reason.js';
import { join, validatedIn } from './strangers.js';

/**
 * Which rules of an event throw instead of judging it, as `@IsNumber({ maxDecimalPlaces })` does at `1e-7`: class-validator
 * only passes on what they throw. Each is asked again. A rule whose promise is rejected is none of them: what it asks
 * (a database) could not answer, which says nothing of the event.
 */
export function findThrowing(event: object): InvalidProperty[] {
  try {
    return findIn(event, '');
  } catch {
    // The event itself can't be read.
    return [];
  }
}

function findIn(object: object, parent: string): InvalidProperty[] {
  const type = classOf(object);
  if (!hasModel(type)) return [];
  const found: InvalidProperty[] = [];
  for (const model of modelOf(type).properties.values()) {
    const { property } = model;
    const value = (object as Record<string, unknown>)[property];
    const constraints = throwingOf(model.rules, property, object, value, type.name);
    if (Object.keys(constraints).length > 0) {
      found.push({ path: join(parent, property), value, constraints });
    }
    for (const [inner, path] of validatedIn(model, object, parent)) {
      found.push(...findIn(inner, path));
    }
  }
  return found;
}

/** By the names of the rules, what is said of those that throw. */
function throwingOf(
  rules: readonly Rule[],
  property: string,
  object: object,
  value: unknown,
  targetName: string,
): Record<string, string> {
  const thrown: Record<string, string> = {};
  const attempt = (rule: Rule, run: () => unknown): unknown => {
    try {
      return run();
    } catch (error) {
      const name = rule.name ?? rule.type;
      thrown[name] =
        `${property} can't be checked, as its rule ${name} throws (${reasonOf(error)})`;
      return undefined;
    }
  };
  let isConcerned = true;
  for (const rule of rules.filter(({ type }) => type === 'conditionalValidation')) {
    const [condition] = rule.constraints as [(object: object, value: unknown) => unknown];
    if (!attempt(rule, () => condition(object, value))) isConcerned = false;
  }
  if (!isConcerned) return thrown;
  for (const rule of rules) {
    if (rule.constraintCls === undefined || givesPromises(rule)) continue;
    attempt(rule, () => {
      if (rule.validateIf && !rule.validateIf(object, value)) return;
      const { constraints } = rule;
      for (const item of rule.each ? itemsOf(value) : [value]) {
        for (const validator of validatorsOf(rule)) {
          const args = { targetName, property, object, value, constraints };
          const verdict = validator.validate(item, args);
          // It gives promises, and was not asked before.
          if (verdict instanceof Promise) verdict.catch(() => undefined);
        }
      }
    });
  }
  return thrown;
}

function validatorsOf({ constraintCls }: Rule): ValidatorConstraintInterface[] {
  const all = getMetadataStorage().getTargetValidatorConstraints(constraintCls);
  return all.map(({ instance }) => instance);
}

// What is no collection, class-validator judges itself.
function itemsOf(value: unknown): unknown[] {
  const isCollection = Array.isArray(value) || value instanceof Set || value instanceof Map;
  return isCollection ? [...(value as Map<unknown, unknown>).values()] : [value];
}
