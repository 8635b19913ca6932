import type { Type } from '@nestjs/common';
import type { ValidationArguments } from 'class-validator';
import { getMetadataStorage, IsEmail } from '../libraries.js';
import { isPlain } from '../own-properties.js';
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

/** Classes of validators that have given a promise. */
const PROMISING = new WeakSet<object>();

/** Whether one of a rule's validators gives promises, as far as is known: by its declaration, or as it has been asked. */
export function givesPromises({ constraintCls }: Rule): boolean {
  const constraints = getMetadataStorage().getTargetValidatorConstraints(constraintCls);
  return PROMISING.has(constraintCls) || constraints.some((constraint) => constraint.async);
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
  const own = isMadeByLibrary(constraintCls) ? new constraintCls() : undefined;
  let isPromising = false;
  return (item, object, value) => {
    if (isPromising) return false;
    const about = { targetName, property, object, value, constraints };
    const result = (own ?? constraint.instance).validate(item, about);
    if (result === true) return true;
    // It is asked again, and heard then.
    isPromising = ignorePromise(result);
    if (isPromising) PROMISING.add(constraintCls);
    // What is merely truthy counts, as with class-validator.
    return !isPromising && Boolean(result);
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

/** Whether it is one, as class-validator sees it. What it is rejected with is of no interest here. */
function ignorePromise(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return false;
  const promise = result as PromiseLike<unknown>;
  if (typeof promise.then !== 'function') return false;
  promise.then(undefined, () => undefined);
  return true;
}

class Probe {
  @IsEmail() email?: string;
}

/** `@IsEmail()` of class-validator. */
const [IS_EMAIL] = getMetadataStorage().getTargetValidationMetadatas(Probe, '', false, false);

/** Whether class-validator made a constraint class itself, for a decorator: all of those have one text. */
function isMadeByLibrary(constraintClass: unknown): constraintClass is new () => Validation {
  return (
    typeof constraintClass === 'function' &&
    String(constraintClass) === String(IS_EMAIL?.constraintCls)
  );
}

/**
 * Whether a rule is `@IsEmail()` of class-validator, without options, and no other one of that name: told by the
 * place in the code that reads the options.
 */
function isEmailOfLibrary(rule: Rule): boolean {
  const options: unknown = rule.constraints?.[0];
  // validator.js reads inherited ones, too.
  const hasNone =
    options === undefined || (isPlain(options) && Reflect.ownKeys(options).length === 0);
  if (rule.name !== 'isEmail' || !hasNone || !IS_EMAIL) return false;
  const reader = readerOfOptions(rule);
  return reader !== undefined && reader === readerOfOptions(IS_EMAIL);
}

/** The line of a stack that says where the options are read; undefined where they are not, or nobody says it. */
function readerOfOptions({ constraintCls }: Rule): string | undefined {
  if (!isMadeByLibrary(constraintCls)) return undefined;
  let reader: string | undefined;
  const about = {
    get constraints(): unknown[] {
      reader ??= new Error().stack?.split('\n')[2];
      return [];
    },
  };
  try {
    ignorePromise(new constraintCls().validate(undefined, about as unknown as ValidationArguments));
  } catch {
    // It is no rule of class-validator's.
  }
  return reader;
}
