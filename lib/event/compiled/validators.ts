import type { Type } from '@nestjs/common';
import { getMetadataStorage, IsString, type ValidationArguments } from 'class-validator';
import type { Rule } from '../property-type.js';
import { isCommonEmail } from './common-email.js';

/** Whether a value keeps a rule for sure. */
export type Validator = (value: unknown, object: object) => boolean;

type Constraint = ReturnType<
  ReturnType<typeof getMetadataStorage>['getTargetValidatorConstraints']
>[number];
type Validation = Constraint['instance'];

/**
 * The validators of a rule: class-validator's own, or the application's, called as class-validator calls them, so
 * that whoever gives a rule the name of another one has what he wrote.
 *
 * @param type the class whose objects are validated, by its own or an inherited rule.
 * @returns `unknown` where one gives promises.
 */
export function validatorsOf(rule: Rule, type: Type<object>): Validator[] | 'unknown' {
  const constraints = getMetadataStorage().getTargetValidatorConstraints(rule.constraintCls);
  if (constraints.some((constraint) => constraint.async)) return 'unknown';
  return constraints.map((constraint) => compile(rule, ask(rule, constraint, type.name)));
}

function compile(rule: Rule, takesItem: ItemValidator): Validator {
  const { validateIf, each } = rule;
  const takes = isEmailOfLibrary(rule) ? unless(isCommonEmail, takesItem) : takesItem;
  const takesAll = each ? forEach(takes) : takes;
  if (!validateIf) return (value, object) => takesAll(value, object, value);
  return (value, object) => !validateIf(object, value) || takesAll(value, object, value);
}

/** @param value the property's, of which the first parameter may be an item. */
type ItemValidator = (item: unknown, object: object, value: unknown) => boolean;

function ask(rule: Rule, constraint: Constraint, targetName: string): ItemValidator {
  const { propertyName: property, constraints, constraintCls } = rule;
  // Those of decorators are made by class-validator itself. Others may come from a container, anew each time.
  const own = isMadeByLibrary(constraintCls) ? new (constraintCls as Constructor)() : undefined;
  let givesPromises = false;
  return (item, object, value) => {
    if (givesPromises) return false;
    const about = { targetName, property, object, value, constraints };
    const result = (own ?? constraint.instance).validate(item, about);
    if (result === true) return true;
    // It is asked again, and heard then.
    givesPromises = ignorePromise(result);
    return false;
  };
}

function forEach(takes: ItemValidator): ItemValidator {
  return (value, object) => {
    const item = (each: unknown) => takes(each, object, value);
    // As class-validator does it, without the holes of an array.
    if (Array.isArray(value)) return value.every(item);
    const isCollection = value instanceof Set || value instanceof Map;
    return isCollection ? [...value.values()].every(item) : item(value);
  };
}

function unless(isSure: (item: unknown) => boolean, takes: ItemValidator): ItemValidator {
  return (item, object, value) => isSure(item) || takes(item, object, value);
}

type Constructor = new () => Validation;

/** Whether it is one, as class-validator sees it. What it is rejected with is of no interest here. */
function ignorePromise(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return false;
  const promise = result as PromiseLike<unknown>;
  if (typeof promise.then !== 'function') return false;
  promise.then(undefined, () => undefined);
  return true;
}

class Probe {
  @IsString() text?: string;
}

const MADE_BY_LIBRARY = String(
  getMetadataStorage().getTargetValidationMetadatas(Probe, '', false, false)[0]?.constraintCls,
);

/** Whether class-validator made a constraint class itself, for a decorator: all of those have one text. */
function isMadeByLibrary(constraintClass: unknown): boolean {
  return typeof constraintClass === 'function' && String(constraintClass) === MADE_BY_LIBRARY;
}

/**
 * Whether a rule is `@IsEmail()` of class-validator, without options, and no other one of that name: told by which
 * file reads the constraints of the rule. Where a bundler has changed the files, nobody knows.
 */
function isEmailOfLibrary({ name, constraints, constraintCls }: Rule): boolean {
  const options: unknown = constraints?.[0];
  const hasOptions = options !== undefined && Object.keys(options as object).length > 0;
  if (name !== 'isEmail' || hasOptions || !isMadeByLibrary(constraintCls)) return false;
  let readers = '';
  const about = {
    get constraints() {
      readers += new Error().stack?.split('\n')[2] ?? '';
      throw new Error('Only who asks is of interest.');
    },
  };
  try {
    const validation = new (constraintCls as Constructor)();
    ignorePromise(validation.validate('', about as unknown as ValidationArguments));
  } catch {
    // The error of the constraints.
  }
  return /[\\/]class-validator[\\/][^\n]*[\\/]IsEmail\.[jt]s/.test(readers);
}
