import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { AggregateDefinitionError } from '../errors.js';
import type { EventMessage } from '../event/event-message.js';
import type { EventClasses, InstanceOf } from '../event/event-selector.js';
import {
  checkAggregate,
  codeOf,
  isAggregate,
  refusePromise,
  rememberDefinition,
  type AggregateOptions,
} from './aggregate-definition.js';

const APPLY_METADATA = 'lightbus:apply';

type ApplyMethod = (event: object, message: EventMessage<object>) => unknown;

interface Applier {
  readonly type: Type<object>;
  readonly method: string | symbol;
}

/** A decorator for methods that take an event of class `E`, and its message, and return no promise. */
export type ApplyDecorator<E> = <M extends (event: E, message: EventMessage<E>) => unknown>(
  target: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<M> & Synchronous<ReturnType<M>>,
) => void;

type Synchronous<Result> = Result extends PromiseLike<unknown> ? never : unknown;

/**
 * Makes of an event what it means for the state: on a method `(event, message)` of an `@Aggregate` class. The
 * method is called for each stored event of that class, in order, each time that the state is made. It is synchronous,
 * changes nothing but the state, and refuses nothing: the event has happened.
 *
 * @param events an event class, or an array of these.
 * @throws AggregateDefinitionError on a static method. What is wrong with the events is told by `@Aggregate`.
 */
export function Apply<const Classes extends EventClasses>(
  events: Classes,
): ApplyDecorator<InstanceOf<Classes>> {
  return (target: object, method: string | symbol) => {
    if (typeof target === 'function') {
      throw new AggregateDefinitionError(
        `@Apply is on the static method ${target.name}.${String(method)}. The state of an entity is an instance.`,
      );
    }
    const known = (Reflect.getOwnMetadata(APPLY_METADATA, target) ?? []) as readonly Applier[];
    const types = [events].flat() as Type<object>[];
    const appliers = types.map((type): Applier => ({ type, method }));
    Reflect.defineMetadata(APPLY_METADATA, [...known, ...appliers], target);
  };
}

/**
 * Makes a class an aggregate: the state of one entity, made of its events by methods with {@link Apply}, and decisions
 * on it (other methods). For `Aggregates`. Its constructor takes no arguments: an instance without events stands for
 * an entity that there is none of yet. A subclass inherits the methods with `@Apply`, and needs an `@Aggregate` of its own.
 *
 * @throws AggregateDefinitionError for no events, one without `@Event` or key, events of two APIs or with two keys, a
 *   missing `@Apply`, two for one event, one for an event that is not in `events`, or a constructor with arguments.
 */
export function Aggregate(options: AggregateOptions): (target: new () => object) => void {
  return (target) => {
    const type = target as Type<object>;
    const name = type.name || 'without a name';
    const fail = (what: string): never => {
      throw new AggregateDefinitionError(`The aggregate ${name} ${what}`);
    };
    const common = checkAggregate(name, options);
    if (isAggregate(type)) fail('has two @Aggregate decorators. Leave one.');
    if (type.length > 0) {
      fail(
        'has a constructor that needs arguments. State is made of events alone: `new` without arguments must give an ' +
          'entity without events.',
      );
    }
    const methods = appliersOf(type, fail);
    const events = new Set(common.events.values());
    for (const [event, method] of methods) {
      if (events.has(event)) continue;
      const what = typeof event === 'function' ? event.name : String(event);
      fail(
        `has @Apply(${what}) on ${String(method)}, and ${what} is not among its events. Add it to events.`,
      );
    }
    const missing = [...events].filter((event) => !methods.has(event));
    if (missing.length > 0) {
      const names = missing.map((event) => `@Apply(${event.name})`).join(', ');
      fail(
        `has no method with ${names}. What the event changes must be said, even if it is nothing.`,
      );
    }
    if (common.snapshotEvery !== undefined && !type.name) {
      fail('has snapshots, which are kept under its name, and no name.');
    }
    // Decorators are no part of its text.
    const appliers = [...common.events].map(
      ([eventName, event]) => `${eventName} ${String(methods.get(event))}`,
    );
    rememberDefinition(type, {
      ...{ ...common, name: type.name, type, code: [...codeOf(type), ...appliers] },
      initial: () => new type(),
      evolve: (state, message) => {
        const event = common.events.get(message.eventName);
        const method = event && methods.get(event);
        if (method === undefined) return state;
        const apply = Reflect.get(state as object, method) as ApplyMethod;
        const result = Reflect.apply(apply, state, [message.payload, message]);
        refusePromise(`${name}.${String(method)} with @Apply`, result);
        return state;
      },
    });
  };
}

/** By event class the method that applies it. What a subclass says is stronger. */
function appliersOf(
  type: Type<object>,
  fail: (what: string) => never,
): ReadonlyMap<Type<object>, string | symbol> {
  const methods = new Map<Type<object>, string | symbol>();
  let prototype = type.prototype as object | null;
  for (; prototype !== null; prototype = Object.getPrototypeOf(prototype) as object | null) {
    const own = (Reflect.getOwnMetadata(APPLY_METADATA, prototype) ?? []) as readonly Applier[];
    const ofClass = new Map<Type<object>, string | symbol>();
    for (const { type: event, method } of own) {
      const other = ofClass.get(event);
      if (other !== undefined) {
        fail(`has @Apply(${event.name}) on ${String(other)} and on ${String(method)}. Leave one.`);
      }
      ofClass.set(event, method);
    }
    for (const [event, method] of ofClass) {
      if (!methods.has(event)) methods.set(event, method);
    }
  }
  return methods;
}
