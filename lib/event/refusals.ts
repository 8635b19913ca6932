import { LightbusError } from '../errors.js';
import {
  EventSerializationError,
  EventValidationError,
  type InvalidProperty,
} from '../fire-errors.js';
import { pathOfCycle, pathOfUnreadable } from './cycle.js';
import type { EventDefinition } from './event.decorator.js';
import { reasonOf } from './reason.js';

/** An error in words of the event, where it is the event that can't be sent. */
export function explained(
  { canonicalName }: EventDefinition,
  value: unknown,
  error: unknown,
): unknown {
  const what = isStackOverflow(error)
    ? `${depthOf(value as object)}. Refer to other objects by their ids`
    : unreadable(value, error);
  if (what === undefined) return error;
  const text = `'${canonicalName}' was not sent: ${what}.`;
  return new EventSerializationError(text, {}, { cause: error });
}

function depthOf(value: object): string {
  const path = pathOfCycle(value);
  return path === undefined ? 'it is nested too deeply' : `the object at '${path}' contains itself`;
}

/** What of the event can't be read, where that is why; not so, where a validator or a `@Transform` threw. */
function unreadable(value: unknown, error: unknown): string | undefined {
  if (error instanceof LightbusError || typeof value !== 'object' || value === null)
    return undefined;
  const path = pathOfUnreadable(value);
  if (path === undefined) return undefined;
  return `${path ? `the object at '${path}'` : 'it'} can't be read (${reasonOf(error)})`;
}

/** One finding for each property. */
export function addFinding(found: InvalidProperty[], added: InvalidProperty): void {
  const index = found.findIndex(({ path }) => path === added.path);
  const constraints = { ...found[index]?.constraints, ...added.constraints };
  if (index < 0) found.push(added);
  else found[index] = { ...added, ...found[index], constraints };
}

/**
 * The refusal of an event, with every property that is invalid.
 *
 * @param cause what a rule threw that could not judge it.
 */
export function invalidEvent(
  { canonicalName, type }: EventDefinition,
  properties: readonly InvalidProperty[],
  cause?: unknown,
): EventValidationError {
  const failures = properties.map(({ path, constraints }) => {
    const messages = Object.values(constraints).join(', ');
    return path ? `${path}: ${messages}` : messages;
  });
  const hint = properties.some(({ constraints }) => 'unknownValue' in constraints)
    ? ' (A plain object is where one of a class belongs. Its property needs a @Type(() => ...); and an event that is given ' +
      `as an instance must hold instances, as plainToInstance(${type.name}, { ... }) of class-transformer makes them.)`
    : '';
  return new EventValidationError(
    `'${canonicalName}' was not sent, as it is no valid ${type.name}: ${failures.join('; ')}.${hint}`,
    canonicalName,
    properties,
    cause === undefined ? undefined : { cause },
  );
}

// An object that contains itself exhausts the stack in class-transformer and class-validator.
function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}
