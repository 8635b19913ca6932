import type { ValidatorConstraintInterface } from 'class-validator';
import type { InvalidProperty } from '../fire-errors.js';
import { hasModel, modelOf } from './class-model.js';
import { getMetadataStorage } from './libraries.js';
import { classOf } from './own-properties.js';
import type { Rule } from './property-type.js';
import { reasonOf } from './reason.js';
import { join, validatedIn } from './strangers.js';

/**
 * Which rules of an event throw instead of judging it, as `@IsNumber({ maxDecimalPlaces })` does at `1e-7`: class-validator
 * only passes on what they throw. Each is asked again. Never rejects.
 *
 * @param error what was thrown; told of the event itself where no rule throws it again.
 */
export async function findThrowing(event: object, error: unknown): Promise<InvalidProperty[]> {
  const found = await findIn(event, '').catch(() => []);
  if (found.length > 0) return found;
  const constraints = { validation: `could not be validated (${reasonOf(error)})` };
  return [{ path: '', value: undefined, constraints }];
}

async function findIn(object: object, parent: string): Promise<InvalidProperty[]> {
  const type = classOf(object);
  if (!hasModel(type)) return [];
  const found: InvalidProperty[] = [];
  for (const model of modelOf(type).properties.values()) {
    const { property } = model;
    const value = (object as Record<string, unknown>)[property];
    const constraints = await throwingOf(model.rules, property, object, value, type.name);
    if (Object.keys(constraints).length > 0) {
      found.push({ path: join(parent, property), value, constraints });
    }
    for (const [inner, path] of validatedIn(model, object, parent)) {
      found.push(...(await findIn(inner, path)));
    }
  }
  return found;
}

/** By the names of the rules, what is said of those that throw. */
async function throwingOf(
  rules: readonly Rule[],
  property: string,
  object: object,
  value: unknown,
  targetName: string,
): Promise<Record<string, string>> {
  const thrown: Record<string, string> = {};
  const attempt = async (rule: Rule, run: () => unknown): Promise<unknown> => {
    try {
      return await run();
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
    if (!(await attempt(rule, () => condition(object, value)))) isConcerned = false;
  }
  if (!isConcerned) return thrown;
  for (const rule of rules.filter(({ constraintCls }) => constraintCls !== undefined)) {
    await attempt(rule, async () => {
      if (rule.validateIf && !rule.validateIf(object, value)) return;
      const { constraints } = rule;
      for (const item of rule.each ? itemsOf(value) : [value]) {
        for (const validator of validatorsOf(rule)) {
          await validator.validate(item, { targetName, property, object, value, constraints });
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

function itemsOf(value: unknown): unknown[] {
  const isCollection = Array.isArray(value) || value instanceof Set || value instanceof Map;
  return isCollection ? [...(value as Map<unknown, unknown>).values()] : [];
}
