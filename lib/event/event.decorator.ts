import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { EventDefinitionError } from '../errors.js';
import { rememberDateClass } from './date-classes.js';
import { parseEventName } from './event-name.js';
import type { ForeignValidator } from './standard/foreign-validator.js';
import { checkUpcasters, type Upcasters } from './upcasters.js';

const EVENT_METADATA = 'lightbus:event';

/** Options of {@link Event}. */
export interface EventOptions<Key extends string = string> {
  /** Version that the event is fired with (protocol field `version`, Lightbus's `Meta.version`). @default 1 */
  readonly version?: number;
  /**
   * By version: what makes of the plain parameters of an event of that version, by their names on the wire, those
   * of the next one. Synchronous and pure. Each version from 1 up to the one before `version` needs one; versions
   * below all of them are lifted from the first one on. What is stored never changes.
   */
  readonly upcasters?: Upcasters;
  /**
   * The property that says which entity (aggregate) the event is about: a string or a number, which a
   * text and a number that are written alike share (`1` and `'1'`). An event without it is not fired. It is read
   * from what is stored: no upcaster changes it, and where it is renamed, `@Expose({ name })` keeps the old name on
   * the wire. @default none: the event belongs to no entity
   */
  readonly key?: Key;
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
  /** What lifts events of earlier versions. */
  readonly upcasters: Upcasters;
  /** The property that says which entity the event is about. */
  readonly key: string | undefined;
  /** The decorated class. */
  readonly type: Type<T>;
  /** What validates and describes the payload of an event of `defineEvent`; of a class, its decorators do. */
  readonly validator?: ForeignValidator;
}

/** A decorator for classes that have a string or a number in the property of this name. */
export type KeyedClassDecorator<Key extends string> = (
  target: abstract new (...args: never[]) => Readonly<Record<Key, string | number>>,
) => void;

/**
 * Makes a class an event: `@Event('store.orders.placed')` is the event `placed` of the API
 * `store.orders`. Its own properties are the event's parameters. A subclass does not inherit the
 * name: it is another event and needs its own `@Event`.
 *
 * @param name `'<api>.<event>'`; the last dot separates the two.
 * @throws EventDefinitionError when the name breaks Lightbus's rules, the version is no integer
 *   from 0 on, an upcaster is none or not for an earlier version, or the class has an `@Event` already.
 *   Where an upcaster is missing, or the key is not sent or can be neither text nor number, the start is refused.
 */
export function Event(
  name: string,
  options?: EventOptions<never> & { readonly key?: undefined },
): ClassDecorator;
export function Event<Key extends string>(
  name: string,
  options: EventOptions<Key> & { readonly key: Key },
): KeyedClassDecorator<Key>;
export function Event(name: string, options: EventOptions = {}): ClassDecorator {
  const call = `@Event('${name}')`;
  // Where it is called, not where it decorates.
  checkedDefinition(call, name, options, Object);
  return (target) => {
    // Its properties may have been declared while a test had another one.
    rememberDateClass();
    const type = target as unknown as Type<object>;
    const existing = getEventDefinition(type);
    if (existing) {
      throw new EventDefinitionError(
        `${type.name} has two decorators, ${call} and @Event('${existing.canonicalName}'). ` +
          'A class is one event: remove one, or make a class for each.',
      );
    }
    recordDefinition(checkedDefinition(call, name, options, type));
  };
}

/**
 * What `@Event` and `defineEvent` say of an event.
 *
 * @param call how it was called, for errors.
 * @throws EventDefinitionError as {@link Event}.
 */
export function checkedDefinition(
  call: string,
  name: string,
  options: EventOptions,
  type: Type<object>,
  validator?: ForeignValidator,
): EventDefinition {
  const names = parseEventName(name);
  const { version = 1, upcasters = {}, key } = options;
  if (!Number.isSafeInteger(version) || version < 0) {
    throw new EventDefinitionError(
      `${call} has the version ${String(version)}. Give an integer from 0 on.`,
    );
  }
  checkUpcasters(call, version, upcasters);
  if (key !== undefined && (typeof key !== 'string' || key === '')) {
    throw new EventDefinitionError(
      `${call} has a key that is no name of a property. Name the property that says which ` +
        "entity the event is about: { key: 'orderId' }.",
    );
  }
  const own = validator && { validator };
  return { ...names, canonicalName: name, version, upcasters, key, type, ...own };
}

const described = new Set<string>();

/** Makes a class the event that its definition says. */
export function recordDefinition(definition: EventDefinition): void {
  described.add(definition.canonicalName);
  Reflect.defineMetadata(EVENT_METADATA, definition, definition.type);
}

/** Whether a class of this process, registered or not, is the event of that name: `'<api>.<event>'`. */
export function isDescribed(name: string): boolean {
  return described.has(name);
}

/** Those that were asked for: a class keeps the one that it has. */
const definitions = new WeakMap<object, EventDefinition>();

/** What the class's own `@Event` says; `undefined` for a class without one, even if its parent has it. */
export function getEventDefinition<T extends object>(
  type: Type<T>,
): EventDefinition<T> | undefined {
  let definition = definitions.get(type);
  if (definition === undefined) {
    definition = Reflect.getOwnMetadata(EVENT_METADATA, type) as EventDefinition | undefined;
    if (definition !== undefined) definitions.set(type, definition);
  }
  return definition as EventDefinition<T> | undefined;
}
