import type { ValidatorConstraintInterface } from 'class-validator';
import { validatorNamed } from '../libraries.js';
import { rulesOf, type Rule } from '../property-type.js';

/** Decorators whose rules have other names than they. */
const DECORATORS: Readonly<Record<string, string>> = {
  ...{ isUuid: 'IsUUID', isIp: 'IsIP', isFqdn: 'IsFQDN', isIsbn: 'IsISBN', isIsin: 'IsISIN' },
  ...{ isIso8601: 'IsISO8601', isMacAddress: 'IsMACAddress', isJson: 'IsJSON', isJwt: 'IsJWT' },
  ...{ isLength: 'Length' },
};

type Decorate = (...constraints: unknown[]) => PropertyDecorator;

/**
 * Whether a rule is the one of class-validator that has its name, and none of the application's that is called alike:
 * it says the same of a value that it refuses.
 */
export function isOfLibrary(rule: Rule): boolean {
  const { name = '', type } = rule;
  if (type !== 'customValidation' && type !== 'isDefined') return true;
  const decoratorName = DECORATORS[name] ?? `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
  const decorate = validatorNamed(decoratorName);
  if (typeof decorate !== 'function') return false;
  try {
    const own = referenceOf(decorate as Decorate, rule);
    return own !== undefined && own.name === name && messageOf(own) === messageOf(rule);
  } catch {
    return false;
  }
}

function referenceOf(decorate: Decorate, { name, constraints, each }: Rule): Rule | undefined {
  class Reference {
    property?: unknown;
  }
  // What it says where it has no message of its own. Its last argument are the options.
  decorate(...argumentsOf(name, constraints), { each })(Reference.prototype, 'property');
  return rulesOf(Reference).get('property')?.[0];
}

// An enum is listed, too.
function argumentsOf(name: string | undefined, constraints: unknown[] = []): unknown[] {
  return name === 'isEnum' ? constraints.slice(0, 1) : constraints;
}

function messageOf({ constraintCls, constraints }: Rule): string {
  const constraint = new (constraintCls as new () => ValidatorConstraintInterface)();
  const about = {
    ...{ value: '', constraints: constraints ?? [], targetName: '', object: {} },
    property: 'property',
  };
  return `${String(constraintCls)} ${String(constraint.defaultMessage?.(about))}`;
}

/** Whether an `@ArrayUnique` compares what a function says of each item: its metadata don't say. */
export function comparesByFunction({ constraintCls, name }: Rule): boolean {
  if (name !== 'arrayUnique') return false;
  let isAsked = false;
  const list = Object.assign([], {
    map: () => {
      isAsked = true;
      return [];
    },
  });
  const constraint = new (constraintCls as new () => ValidatorConstraintInterface)();
  const answer = constraint.validate(list);
  return isAsked && typeof answer === 'boolean';
}
