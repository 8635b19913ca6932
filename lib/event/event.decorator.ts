import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { EventDefinitionError } from '../errors.js';
import { rememberDateClass } from './date-classes.js';
import { parseEventName } from './event-name.js';

const EVENT_METADATA = 'lightbus:event';

/** Options of {@link Event}. */
export interface EventOptions {
  /** Version that the event is fired with (protocol field `version`, Lightbus's `Meta.version`). Default 1. */
  readonly version?: number;
}

/** What an `@Event` class stands for on the bus. */
export interface EventDefinition<T extends object = object> {
  /** API that the event belongs to: `store.orders`. */
  readonly apiName: string;
  /** Event name within its API: `placed`. */
  readonly eventName: string;
  /** `<api>.<event>`: `store.orders.placed`. */
  readonly canonicalName: string;
  /** Version that the event is fired with. */
  readonly version: number;
  /** The decorated class. */
  readonly type: Type<T>;
}

/**
 * Makes a class an event: `@Event('store.orders.placed')` is the event `placed` of the API
 * `store.orders`. Its own properties are the event's parameters. A subclass does not inherit the
 * name: it is another event and needs its own `@Event`.
 *
 * @param name `'<api>.<event>'`; the last dot separates the two.
 * @throws EventDefinitionError when the name breaks Lightbus's rules, the version is no integer
 *   from 0 on, or the class has an `@Event` already.
 */
export function Event(name: string, options: EventOptions = {}): ClassDecorator {
  const names = parseEventName(name);
  const version = options.version ?? 1;
  if (!Number.isSafeInteger(version) || version < 0) {
    throw new EventDefinitionError(
      `@Event('${name}') has the version ${String(version)}. Give an integer from 0 on.`,
    );
  }
  return (target) => {
    // Its properties may have been declared while a test had another one.
    rememberDateClass();
    const type = target as unknown as Type<object>;
    const existing = getEventDefinition(type);
    if (existing) {
      throw new EventDefinitionError(
        `${type.name} has two decorators, @Event('${name}') and @Event('${existing.canonicalName}'). ` +
          'A class is one event: remove one, or make a class for each.',
      );
    }
    const definition: EventDefinition = { ...names, canonicalName: name, version, type };
    Reflect.defineMetadata(EVENT_METADATA, definition, type);
  };
}

/** What the class's own `@Event` says; `undefined` for a class without one, even if its parent has it. */
export function getEventDefinition<T extends object>(
  type: Type<T>,
): EventDefinition<T> | undefined {
  return Reflect.getOwnMetadata(EVENT_METADATA, type) as EventDefinition<T> | undefined;
}
