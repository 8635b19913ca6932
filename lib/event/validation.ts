import { validate, type ValidationError } from 'class-validator';
import type { InvalidProperty } from '../fire-errors.js';
import { isBag } from './instance-builder.js';
import { isPlain, namedLikeMembers, setOwn } from './own-properties.js';
import { findChanged } from './round-trip.js';

const OPTIONS = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  validationError: { target: false },
};

/** class-validator's name for the constraint that an unknown property breaks. */
const UNEXPECTED = 'whitelistValidation';

/**
 * Every property of an event that breaks a rule of its class, would not come back as it is, or is none
 * of its class: Lightbus refuses unexpected arguments too. Properties
 * that are `undefined` are no unexpected ones, as they are not sent.
 *
 * @throws what a validator throws.
 */
export async function findInvalid(instance: object): Promise<InvalidProperty[]> {
  // class-validator would look them up in plain objects, and find members of every object there.
  const strangers = namedLikeMembers(instance);
  const subject = strangers.length === 0 ? instance : without(instance, strangers);
  const errors = await validate(subject, OPTIONS);
  const invalid = hasNoRules(errors)
    ? Object.keys(subject).map((name) => unexpected(subject, name))
    : flatten(errors, []);
  const unknown = strangers.map((name) => unexpected(instance, name));
  const broken = [...invalid, ...unknown].filter(isSent);
  // What breaks a rule of its own, or holds what does, has been said.
  const paths = broken.map(({ path }) => path);
  const changed = findChanged(subject).filter(
    ({ path }) => !paths.some((other) => other === path || other.startsWith(`${path}.`)),
  );
  return [...broken, ...changed];
}

function without(instance: object, names: readonly string[]): object {
  const copy = Object.create(Object.getPrototypeOf(instance) as object) as object;
  for (const [name, value] of Object.entries(instance)) {
    if (!names.includes(name)) setOwn(copy, name, value);
  }
  return copy;
}

// class-validator refuses an object of a class that it has no rule for, whatever it holds. An event
// without properties is such a class.
function hasNoRules(errors: readonly ValidationError[]): boolean {
  return errors.length === 1 && errors[0]?.property === undefined;
}

function unexpected(instance: object, name: string, parent = ''): InvalidProperty {
  return {
    path: parent ? `${parent}.${name}` : name,
    value: (instance as Record<string, unknown>)[name],
    constraints: { [UNEXPECTED]: `property ${name} should not exist` },
  };
}

function flatten(
  errors: readonly ValidationError[],
  parents: readonly string[],
  parent?: unknown,
): InvalidProperty[] {
  return errors.flatMap(({ property, value, constraints, children }) => {
    // An error without a property is about the object itself.
    const isAboutObject = (property as string | undefined) === undefined;
    const names = isAboutObject ? parents : [...parents, property];
    const found: unknown = isAboutObject ? parent : value;
    const own = constraints ? aboutOne(names.join('.'), found, constraints) : [];
    return [...own, ...flatten(children ?? [], names, found)];
  });
}

function aboutOne(
  path: string,
  value: unknown,
  constraints: InvalidProperty['constraints'],
): InvalidProperty[] {
  // An object of a class without rules may be there, if it has no properties.
  if (!('unknownValue' in constraints) || !isBag(value) || isPlain(value)) {
    return [{ path, value, constraints }];
  }
  return Object.keys(value).map((name) => unexpected(value, name, path));
}

function isSent({ value, constraints }: InvalidProperty): boolean {
  return value !== undefined || !(UNEXPECTED in constraints);
}
