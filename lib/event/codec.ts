/**
 * The seam between event classes and plain parameters. class-validator and class-transformer are
 * known here and below, nowhere else: compiled validators could take their place.
 */

import type { Type } from '@nestjs/common';
import { EventDefinitionError } from '../errors.js';
import {
  EventSerializationError,
  EventValidationError,
  type InvalidProperty,
} from '../fire-errors.js';
import { type EventDefinition, getEventDefinition } from './event.decorator.js';
import { InstanceBuilder } from './instance-builder.js';
import { LenientInstanceBuilder, reasonOf } from './lenient-instance-builder.js';
import { inheritedMember, setOwn } from './own-properties.js';
import { PlainBuilder } from './plain-builder.js';
import { findInvalid } from './validation.js';

/** An event that is ready to be serialised. */
export interface EncodedEvent<T extends object> {
  /** The instance: the one given, or the one made of a plain payload. */
  readonly payload: T;
  /** One value for each parameter, in the order of the instance's properties. */
  readonly parameters: Record<string, unknown>;
}

/** What a handler is given. */
export interface DecodedPayload {
  /** An instance of the event class, where one is known and casting is on; else a plain object. */
  readonly payload: object;
  /** In words, what could not be cast. */
  readonly note?: string;
}

/**
 * Makes an instance of an event class of a plain payload, cast by class-transformer. An instance of
 * the class is returned as it is.
 *
 * @throws EventDefinitionError for an instance of another event, `EventValidationError` for what is no
 *   object with properties, and what the class's constructor or `@Transform` functions throw.
 */
export function toInstance<T extends object>(definition: EventDefinition<T>, value: unknown): T {
  const { type, canonicalName } = definition;
  if (!isPropertyBag(value)) {
    const constraints = { isObject: 'the payload must be an object' };
    throw invalidEvent(definition, [{ path: '', value, constraints }]);
  }
  const other = classOfOtherEvent(type, value);
  if (other) {
    throw new EventDefinitionError(
      `'${canonicalName}' can't be fired with an instance of ${other.name}, which is another event. ` +
        `Give an instance of ${type.name} or a plain object.`,
    );
  }
  if (value instanceof type) return value;

  if (Object.hasOwn(value, '__proto__')) {
    const constraints = { whitelistValidation: 'property __proto__ should not exist' };
    throw invalidEvent(definition, [{ path: '__proto__', value: undefined, constraints }]);
  }
  const instance = new InstanceBuilder().build(type, value);
  for (const [name, given] of Object.entries(value)) {
    // class-transformer drops what is named like a method or getter. Kept, it can be refused.
    if (Object.hasOwn(instance, name)) continue;
    const member = inheritedMember(instance, name);
    if (member && !member.set) setOwn(instance, name, given);
  }
  return instance;
}

/**
 * Turns an event into parameters: an instance of it, validated by class-validator, then through
 * class-transformer's `instanceToPlain`. Values that the serializer writes itself (dates, bytes,
 * bigints, objects with `toJSON`) stay as they are.
 *
 * @param options.validate Lightbus's `validate.outgoing`: refuse the event if any property is invalid
 *   or unknown to its class.
 * @throws EventValidationError with every failed property, `EventSerializationError` where the event
 *   contains itself or a function, and as {@link toInstance}.
 */
export async function encode<T extends object>(
  definition: EventDefinition<T>,
  value: unknown,
  options: { readonly validate: boolean },
): Promise<EncodedEvent<T>> {
  try {
    const payload = toInstance(definition, value);
    const properties = options.validate ? await findInvalid(payload) : [];
    if (properties.length > 0) throw invalidEvent(definition, properties);
    return { payload, parameters: new PlainBuilder().build(payload) };
  } catch (error) {
    if (!isStackOverflow(error)) throw error;
    throw new EventSerializationError(
      `'${definition.canonicalName}' was not sent: an object in it contains itself, or is nested too ` +
        'deeply. Refer to other objects by their ids.',
      {},
      { cause: error },
    );
  }
}

/**
 * Turns parameters into what a handler gets: 'Received events must be processed regardless of their
 * validity.' Never throws. What can't be cast stays as it was received, and `note` names it; the
 * payload is an instance of the class all the same.
 *
 * @param type the event's class; `undefined` where the listener selects by name.
 * @param options.cast Lightbus's `cast_values`: off gives the plain parameters.
 */
export function decode(
  type: Type<object> | undefined,
  parameters: Record<string, unknown>,
  options: { readonly cast: boolean },
): DecodedPayload {
  if (!type || !options.cast) return { payload: parameters };
  const builder = new LenientInstanceBuilder();
  try {
    const payload = builder.build(type, parameters);
    const shadowed = Object.keys(parameters).filter((name) => isMethod(payload, name));
    return { payload, ...noteOf(builder.kept, shadowed) };
  } catch (error) {
    const payload = Object.create(type.prototype as object) as object;
    for (const [name, value] of Object.entries(parameters)) {
      if (name !== '__proto__') setOwn(payload, name, value);
    }
    return { payload, note: `nothing was cast to ${type.name} (${reasonOf(error)})` };
  }
}

/**
 * What `validate.incoming: true` finds wrong with an event: as for outgoing events, unknown properties
 * included. Never rejects: a validator that throws counts as a failed property with an empty path.
 *
 * @param parameters the parameters as received, or an instance of the class.
 */
export async function validateIncoming(
  type: Type<object>,
  parameters: object,
): Promise<InvalidProperty[]> {
  try {
    const { payload } = decode(type, parameters as Record<string, unknown>, { cast: true });
    return await findInvalid(payload);
  } catch (error) {
    const constraints = { validation: `could not be validated (${reasonOf(error)})` };
    return [{ path: '', value: undefined, constraints }];
  }
}

function isPropertyBag(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  return ![Array, Map, Set, Date].some((type) => value instanceof type);
}

function classOfOtherEvent(type: Type<object>, value: object): Type<object> | undefined {
  const prototype = Object.getPrototypeOf(value) as { constructor?: unknown } | null;
  const other = prototype?.constructor;
  if (typeof other !== 'function' || other === type) return undefined;
  return getEventDefinition(other as Type<object>)?.type;
}

function invalidEvent(
  { canonicalName, type }: EventDefinition,
  properties: readonly InvalidProperty[],
): EventValidationError {
  const failures = properties.map(({ path, constraints }) => {
    const messages = Object.values(constraints).join(', ');
    return path ? `${path}: ${messages}` : messages;
  });
  const hint = properties.some(({ constraints }) => 'unknownValue' in constraints)
    ? ' (An unknown value is an object of a class without rules: is its @Type(() => ...) missing?)'
    : '';
  return new EventValidationError(
    `'${canonicalName}' was not sent, as it is no valid ${type.name}: ${failures.join('; ')}.${hint}`,
    canonicalName,
    properties,
  );
}

function isMethod(payload: object, name: string): boolean {
  if (Object.hasOwn(payload, name)) return false;
  return typeof inheritedMember(payload, name)?.value === 'function';
}

function noteOf(kept: ReadonlyMap<string, string>, shadowed: readonly string[]): { note?: string } {
  const parts = [...kept].map(([name, reason]) => `${name} was not cast (${reason})`);
  parts.push(...shadowed.map((name) => `${name} was left out (the class has such a method)`));
  return parts.length > 0 ? { note: parts.join('; ') } : {};
}

// An object that contains itself exhausts the stack in class-transformer and class-validator.
function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}
