/**
 * The seam between event classes and plain parameters. class-validator and class-transformer are
 * known here and below, nowhere else: compiled validators could take their place.
 */

import type { Type } from '@nestjs/common';
import { EventDefinitionError, LightbusError } from '../errors.js';
import type { InvalidProperty } from '../fire-errors.js';
import { CastNotes } from './compiled/cast-notes.js';
import { buildInstance } from './compiled/cast.js';
import { isValidForSure } from './compiled/check.js';
import { toPlain } from './compiled/writer.js';
import { type EventDefinition, getEventDefinition } from './event.decorator.js';
import { hasModel, isBag } from './class-model.js';
import { faultOfKey } from './entity.js';
import { isAboutNonFinite } from './finite-numbers.js';
import { classOf } from './own-properties.js';
import { reasonOf } from './reason.js';
import { addFinding, explained, invalidEvent } from './refusals.js';
import { findUnpublished } from './schema/wire-check.js';
import { findProtos } from './strangers.js';
import type { ForeignValidator } from './standard/foreign-validator.js';
import { findThrowing } from './throwing-rules.js';
import { findInvalid } from './validation.js';

/** An event that is ready to be serialised. */
export interface EncodedEvent<T extends object> {
  /** The instance: the one given, or the one made of a plain payload. */
  readonly payload: T;
  /** One value for each parameter, in the order of the instance's properties. */
  readonly parameters: Record<string, unknown>;
  /** In words, what was irregular about a plain payload: a date without an offset. */
  readonly note?: string;
}

/** What a handler is given. */
export interface DecodedPayload {
  /** An instance of the event class, where one is known and casting is on; else a plain object. */
  readonly payload: object;
  /** In words, what could not be cast. */
  readonly note?: string;
}

/**
 * Turns an event into parameters: an instance of it, validated by class-validator, then as its class is
 * written. An instance of the very class is taken as it is; of any other object the properties, where
 * what stands for a value of the declared type becomes it. Nothing that is given is changed. Values that
 * the serializer writes itself (dates, bytes, bigints, objects with `toJSON`) stay as they are.
 *
 * @param options.validate Lightbus's `validate.outgoing`: refuse the event if any property is invalid or
 *   unknown to its class, or would not come back as it is.
 * @returns at once, where the event is valid for sure, or is not validated; else, once class-validator has been asked.
 * @throws, or rejects with, EventValidationError with every failed property, `EventSerializationError` where the
 *   event contains itself or a function, `EventDefinitionError` for an instance of another event, and what the
 *   class's constructor or `@Transform` functions throw. A validator that throws is a failed property.
 */
export function encode<T extends object>(
  definition: EventDefinition<T>,
  value: unknown,
  options: { readonly validate: boolean },
): EncodedEvent<T> | Promise<EncodedEvent<T>> {
  try {
    const { payload, note } = toInstance(definition, value);
    // Before anything is awaited: whoever fired it may change it meanwhile.
    const written = write(payload);
    const isWritten = 'parameters' in written;
    const { validator } = definition;
    if (!isWritten && (validator !== undefined || !options.validate)) throw written.error;
    if (isWritten && validator !== undefined && options.validate) {
      return examineBySchema(definition, validator, payload, written.parameters, value);
    }
    if (isWritten && (!options.validate || isSound(definition, payload, written.parameters))) {
      const { parameters } = written;
      return note === undefined ? { payload, parameters } : { payload, parameters, note };
    }
    return examine(definition, value, payload, written, note).catch((error: unknown) => {
      throw explained(definition, value, error);
    });
  } catch (error) {
    throw explained(definition, value, error);
  }
}

/** What is written of an instance, or why it can't be. */
type Written = { readonly parameters: Record<string, unknown> } | { readonly error: unknown };

function write(payload: object): Written {
  try {
    return { parameters: toPlain(payload) };
  } catch (error) {
    return { error };
  }
}

function isSound(
  definition: EventDefinition,
  payload: object,
  parameters: Record<string, unknown>,
): boolean {
  return (
    isValidForSure(payload) &&
    faultOfKey(definition, parameters) === undefined &&
    findUnpublished(definition.type, parameters).length === 0
  );
}

/** The same by the schema of `defineEvent`, which most often answers at once. */
function examineBySchema<T extends object>(
  definition: EventDefinition<T>,
  validator: ForeignValidator,
  payload: T,
  parameters: Record<string, unknown>,
  value: unknown,
): EncodedEvent<T> | Promise<EncodedEvent<T>> {
  const judge = (properties: InvalidProperty[]): EncodedEvent<T> => {
    const keyFault = faultOfKey(definition, parameters);
    if (keyFault) addFinding(properties, keyFault);
    if (properties.length > 0) throw invalidEvent(definition, properties);
    return { payload, parameters };
  };
  const found = validator.findInvalid(payload);
  if (!(found instanceof Promise)) return judge(found);
  return found.then(judge).catch((error: unknown) => {
    throw explained(definition, value, error);
  });
}

/** What is wrong with an event that is not valid for sure, or nothing. */
async function examine<T extends object>(
  definition: EventDefinition<T>,
  value: unknown,
  payload: T,
  written: Written,
  note: string | undefined,
): Promise<EncodedEvent<T>> {
  let cause: unknown;
  const properties = await findInvalid(payload).catch((error: unknown) => {
    // That the event can't be read, or contains itself, is told in other words.
    if (error instanceof LightbusError || explained(definition, value, error) !== error)
      throw error;
    const throwing = findThrowing(payload);
    if (throwing.length === 0) throw error;
    cause = error;
    return throwing;
  });
  const keyFault = 'parameters' in written && faultOfKey(definition, written.parameters);
  if (keyFault) addFinding(properties, keyFault);
  if (properties.length === 0 && 'parameters' in written) {
    properties.push(...findUnpublished(definition.type, written.parameters));
  }
  if (properties.length > 0) throw invalidEvent(definition, properties, cause);
  if ('error' in written) throw written.error;
  return { payload, parameters: written.parameters, ...(note !== undefined && { note }) };
}

function toInstance<T extends object>(
  definition: EventDefinition<T>,
  value: unknown,
): { readonly payload: T; readonly note?: string } {
  const { type, canonicalName } = definition;
  if (!hasModel(type)) {
    const { name } = definition.type;
    const why = `${name} extends a built-in class, which nobody could read again: extend none`;
    throw new EventDefinitionError(`'${canonicalName}' can't be fired: ${why}.`);
  }
  const other: unknown = typeof value === 'object' && value !== null ? classOf(value) : undefined;
  if (other === type) return { payload: value as T };
  if (!isBag(value)) {
    const constraints = { isObject: 'the payload must be an object' };
    throw invalidEvent(definition, [{ path: '', value, constraints }]);
  }
  // Most are plain: they need no look at metadata.
  if (other !== Object && isEvent(other)) {
    throw new EventDefinitionError(
      `'${canonicalName}' can't be fired with an instance of ${other.name}, which is another event. ` +
        `Give an instance of ${type.name} or a plain object.`,
    );
  }
  const notes = new CastNotes();
  const payload = buildInstance(type, value, 'fired', notes);
  if (notes.hasLeftProtos) throw invalidEvent(definition, findProtos(value));
  return { payload, note: notes.remarks() };
}

function isEvent(type: unknown): type is Type<object> {
  return typeof type === 'function' && getEventDefinition(type as Type<object>) !== undefined;
}

/**
 * Turns parameters into what a handler gets: 'Received events must be processed regardless of their
 * validity.' Never throws. What can't be cast stays as it was received, and `note` names it; the
 * payload is an instance of the class all the same.
 *
 * @param type the event's class; `undefined` where none is known.
 * @param options.cast Lightbus's `cast_values`: off gives the plain parameters.
 */
export function decode(
  type: Type<object> | undefined,
  parameters: Record<string, unknown>,
  options: { readonly cast: boolean },
): DecodedPayload {
  if (!type || !options.cast) return { payload: parameters };
  const notes = new CastNotes();
  const payload = buildInstance(type, parameters, 'received', notes);
  const note = notes.all();
  return note === undefined ? { payload } : { payload, note };
}

/**
 * What `validate.incoming: true` finds wrong with an event: as for outgoing events, unknown properties
 * included, but for NaN and infinite numbers, which Python's JSON has. Never rejects: a property is failed whose validator
 * throws, with an empty path where nobody knows which one it is.
 *
 * @param parameters the parameters as received, or an instance of the class.
 */
export async function validateIncoming(
  type: Type<object>,
  parameters: object,
): Promise<InvalidProperty[]> {
  try {
    const validator = getEventDefinition(type)?.validator;
    if (validator) return await validator.findInvalid(parameters);
    const { payload } = decode(type, parameters as Record<string, unknown>, { cast: true });
    if (isValidForSure(payload)) return [];
    const found = await findInvalid(payload).catch((error: unknown) => {
      const throwing = findThrowing(payload);
      if (throwing.length === 0) throw error;
      return throwing;
    });
    return found.filter((one) => !isAboutNonFinite(one));
  } catch (error) {
    const constraints = { validation: `could not be validated (${reasonOf(error)})` };
    return [{ path: '', value: undefined, constraints }];
  }
}
