import type { Type } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import type { InvalidProperty } from '../fire-errors.js';
import { hasModel, isBag, modelOf, type ClassModel } from './class-model.js';
import { findUnusable } from './class-survey.js';
import { validate } from './libraries.js';
import { classOf, isPlain, namedLikeMembers, setOwn } from './own-properties.js';
import { findChanged } from './round-trip.js';
import { findStrangersInside, UNEXPECTED, unexpected } from './strangers.js';

const OPTIONS = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  validationError: { target: false },
};

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
  const type = classOf(instance) as Type<object>;
  let errors: readonly ValidationError[];
  try {
    errors = await validate(subject, OPTIONS);
  } catch (error) {
    const unusable = hasModel(type) ? findUnusable(type) : [];
    if (unusable.length === 0) throw error;
    return unusable.map(({ path, fault }) => {
      return { path, value: undefined, constraints: { unusableName: fault } };
    });
  }
  const invalid = hasNoRules(errors)
    ? namesOfUnknown(subject).map((name) => unexpected(subject, name))
    : flatten(errors, [], subject);
  const broken = [...invalid, ...strangers.map((name) => unexpected(instance, name))].filter(
    isSent,
  );
  const paths = broken.map(({ path }) => path);
  const inside = findStrangersInside(subject).filter(
    (one) => isSent(one) && !paths.includes(one.path),
  );
  // What breaks a rule of its own, or holds what does, has been said.
  paths.push(...inside.map(({ path }) => path));
  const changed = findChanged(subject).filter(
    ({ path }) => !paths.some((other) => other === path || other.startsWith(`${path}.`)),
  );
  return [...broken, ...inside, ...changed];
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

/** @param tag the property that says of which class the owner is, where `@Type` keeps it. */
function flatten(
  errors: readonly ValidationError[],
  parents: readonly string[],
  owner: unknown,
  tag?: string,
): InvalidProperty[] {
  return errors.flatMap(({ property, value, constraints, children }) => {
    // An error without a property is about the object itself.
    const isAboutObject = (property as string | undefined) === undefined;
    const names = isAboutObject ? parents : [...parents, property];
    const found: unknown = isAboutObject ? owner : value;
    const isKnown =
      constraints && UNEXPECTED in constraints && (property === tag || isExcluded(owner, property));
    const own = constraints && !isKnown ? aboutOne(names.join('.'), found, constraints) : [];
    const inner = isAboutObject ? tag : tagIn(owner, property, tag);
    return [...own, ...flatten(children ?? [], names, found, inner)];
  });
}

function tagIn(owner: unknown, property: string, tag: string | undefined): string | undefined {
  // Items are what the list is declared to hold.
  if (!isBag(owner)) return tag;
  const discriminator = modelIn(owner)?.properties.get(property)?.discriminator;
  return discriminator?.keep ? discriminator.property : undefined;
}

/** Whether a decorator says that a property is neither sent nor read: then it is no unknown one. */
function isExcluded(owner: unknown, property: string): boolean {
  const model = isBag(owner) ? modelIn(owner)?.properties.get(property) : undefined;
  return model !== undefined && model.sentAs === undefined && model.readFrom === undefined;
}

function modelIn(owner: object): ClassModel | undefined {
  const type = classOf(owner);
  return hasModel(type) ? modelOf(type) : undefined;
}

function namesOfUnknown(owner: object): string[] {
  return Object.keys(owner).filter((name) => !isExcluded(owner, name));
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
  return namesOfUnknown(value).map((name) => unexpected(value, name, path));
}

function isSent({ value, constraints }: InvalidProperty): boolean {
  return value !== undefined || !(UNEXPECTED in constraints);
}
