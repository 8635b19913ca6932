import { Injectable, type Type } from '@nestjs/common';
import { EventDefinitionError } from '../errors.js';
import { canonicalName, type EventName } from './event-name.js';
import { UnknownEventError } from '../fire-errors.js';
import { requireSound } from './definition-check.js';
import { keyParameterOf } from './entity.js';
import { type EventDefinition, getEventDefinition } from './event.decorator.js';

/** The events that this service is authoritative for: only those may be fired. */
@Injectable()
export class EventRegistry {
  private readonly definitions = new Map<string, EventDefinition>();
  /** By API and event: keys of events that need not be registered. */
  private readonly learnt = new Map<string, Map<string, string>>();
  private readonly listeners: ((added: readonly EventDefinition[]) => void)[] = [];

  /**
   * Adds event classes (`LightbusModule.forFeature`). The same class again changes nothing.
   *
   * @throws EventDefinitionError for a class without `@Event`, for two classes of one name, for a missing
   *   upcaster, and for a key that is not sent.
   */
  register(types: readonly Type<object>[]): void {
    const added: EventDefinition[] = [];
    for (const type of types) {
      const definition = requireDefinition(type);
      const { canonicalName } = definition;
      requireSound(definition);
      const existing = this.definitions.get(canonicalName);
      if (existing && existing.type !== type) {
        throw new EventDefinitionError(
          `Two classes are registered as '${canonicalName}': ${existing.type.name} and ${type.name}. ` +
            'Give one of them another name, or register only one with LightbusModule.forFeature.',
        );
      }
      this.definitions.set(canonicalName, definition);
      if (!existing) added.push(definition);
    }
    for (const listener of this.listeners) listener(added);
  }

  /** Calls a function after each later registration, with what is new by it: modules may be loaded late. */
  onRegistered(listener: (added: readonly EventDefinition[]) => void): void {
    this.listeners.push(listener);
  }

  /**
   * The definition of an event that may be fired, by its class or an instance of it.
   *
   * @throws EventDefinitionError where there is no `@Event`, and `UnknownEventError` where the class
   *   was not registered.
   */
  definitionOf(typeOrInstance: Type<object> | object): EventDefinition {
    const definition = requireDefinition(classOf(typeOrInstance));
    if (this.definitions.get(definition.canonicalName)?.type !== definition.type) {
      const name = definition.type.name;
      throw new UnknownEventError(
        `'${definition.canonicalName}' can't be fired: its class ${name} is not registered as an ` +
          `event of this service. Import LightbusModule.forFeature([${name}]) in a module of the ` +
          'service that the event belongs to (in a test that plays that service, beside the modules under test).',
      );
    }
    return definition;
  }

  /** The registered class of an event; `undefined` where there is none. */
  typeOf({ apiName, eventName }: EventName): Type<object> | undefined {
    return this.definitions.get(canonicalName({ apiName, eventName }))?.type;
  }

  /** Takes over by which parameter events say which entity they are about, that others than this service may fire. */
  learnKeys(apiName: string, eventNames: Iterable<string>, parameter: string): void {
    const keys = this.learnt.get(apiName) ?? new Map<string, string>();
    for (const eventName of eventNames) keys.set(eventName, parameter);
    this.learnt.set(apiName, keys);
  }

  /** Which events of an API, registered or learnt of, say which entity they are about, by which parameter. */
  keysOf(apiName: string): ReadonlyMap<string, string> {
    const keys = new Map(this.learnt.get(apiName));
    for (const definition of this.definitions.values()) {
      const parameter = definition.apiName === apiName ? keyParameterOf(definition) : undefined;
      if (parameter !== undefined) keys.set(definition.eventName, parameter);
    }
    return keys;
  }

  /** How many events are registered. */
  get size(): number {
    return this.definitions.size;
  }

  /** Every registered event, in the order of registration. */
  all(): EventDefinition[] {
    return [...this.definitions.values()];
  }

  /** Names of the APIs that registered events belong to, in the order of registration. */
  ownedApis(): string[] {
    return [...new Set(this.all().map((definition) => definition.apiName))];
  }
}

function classOf(typeOrInstance: unknown): unknown {
  if (typeof typeOrInstance === 'function') return typeOrInstance;
  // Not `instance.constructor`: a payload may have a property of that name.
  const prototype: unknown =
    typeof typeOrInstance === 'object' && typeOrInstance !== null
      ? Object.getPrototypeOf(typeOrInstance)
      : null;
  return prototype === null ? typeOrInstance : (prototype as object).constructor;
}

function requireDefinition(type: unknown): EventDefinition {
  const definition =
    typeof type === 'function' ? getEventDefinition(type as Type<object>) : undefined;
  if (definition) return definition;
  if (type === Object) {
    throw new EventDefinitionError(
      'A plain object is no event: nothing says which one. Give an instance of a class with @Event, ' +
        'Object.assign(new OrderPlaced(), { ... }); fire takes the class and its payload, too.',
    );
  }
  const what =
    typeof type === 'function' ? `The class ${type.name}` : `A value of type ${typeof type}`;
  throw new EventDefinitionError(
    `${what} is no event: it has no @Event of its own. ` +
      "Decorate the class with @Event('<api>.<event>'); a subclass does not inherit its parent's. " +
      (typeof type === 'string' ? 'Events are fired by their class, not by their name. ' : '') +
      '(undefined is usually a cycle between two files: import the class directly.)',
  );
}
