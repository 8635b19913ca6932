import type * as ClassTransformer from 'class-transformer';
import type * as ClassTransformerStorage from 'class-transformer/cjs/storage.js';
import type * as ClassValidator from 'class-validator';
import { EventDefinitionError } from '../errors.js';
import {
  classTransformer,
  classTransformerStorage,
  classValidator,
} from './optional-libraries.cjs';

/**
 * What classes with `@Event` need and is not installed, in a sentence; `undefined` where nothing is missing. Without
 * them, no decorator of theirs can have been applied.
 */
export function missingLibraries(): string | undefined {
  const missing = [
    ...(classValidator ? [] : ['class-validator']),
    ...(classTransformer ? [] : ['class-transformer']),
  ];
  if (missing.length === 0) return undefined;
  return (
    `Classes with @Event need ${missing.join(' and ')}, which can't be found: npm install ${missing.join(' ')}. ` +
    'Events of defineEvent need neither.'
  );
}

/** class-validator's `getMetadataStorage`: without class-validator, of one that knows no rule. */
export const getMetadataStorage: typeof ClassValidator.getMetadataStorage =
  classValidator?.getMetadataStorage ?? (() => NO_RULES);

const NO_RULES = {
  getTargetValidationMetadatas: () => [],
  getTargetValidatorConstraints: () => [],
} as unknown as ReturnType<typeof ClassValidator.getMetadataStorage>;

/** class-validator's `validate`. @throws EventDefinitionError where it is not installed. */
export const validate = (
  instance: object,
  options: ClassValidator.ValidatorOptions,
): Promise<ClassValidator.ValidationError[]> => {
  if (classValidator) return classValidator.validate(instance, options);
  throw new EventDefinitionError(missingLibraries() ?? '');
};

/** The decorator of class-validator that has this name; `undefined` where it has none, or is not installed. */
export function validatorNamed(name: string): unknown {
  return classValidator && Reflect.get(classValidator, name);
}

/** class-validator's `@IsEmail()`; without class-validator, one that does nothing. */
export const IsEmail: () => PropertyDecorator = () =>
  classValidator?.IsEmail() ?? (() => undefined);

/** class-transformer's `@Type`; without class-transformer, one that does nothing. */
export const TypeDecorator: (type: () => unknown) => PropertyDecorator = (type) =>
  classTransformer?.Type(type as () => new () => object) ?? (() => undefined);

type Storage = typeof ClassTransformerStorage.defaultMetadataStorage;

const NO_DECORATORS: Storage = {
  getStrategy: () => 'none',
  getExposedMetadatas: () => [],
  getExposedProperties: () => [],
  getExcludedProperties: () => [],
  findTransformMetadatas: () => [],
  findTypeMetadata: () => undefined,
  _typeMetadatas: new Map(),
  _transformMetadatas: new Map(),
};

/** What the decorators of class-transformer have recorded: without class-transformer, nothing. */
export const defaultMetadataStorage: Storage =
  classTransformerStorage?.defaultMetadataStorage ?? NO_DECORATORS;

/** class-transformer's enum of directions. */
export type TransformationType = ClassTransformer.TransformationType;
const DIRECTIONS: unknown = { PLAIN_TO_CLASS: 0, CLASS_TO_PLAIN: 1, CLASS_TO_CLASS: 2 };

/** class-transformer's enum of directions. */
export const TransformationType: typeof ClassTransformer.TransformationType =
  classTransformer?.TransformationType ??
  (DIRECTIONS as typeof ClassTransformer.TransformationType);
