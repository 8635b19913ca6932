import type { Type } from '@nestjs/common';
import { inspect } from 'node:util';
import { rememberAggregate } from '../bus/entity-streams.js';
import { AggregateDefinitionError } from '../errors.js';
import { keyParameterOf } from '../event/entity.js';
import { getEventDefinition, type EventDefinition } from '../event/event.decorator.js';
import { missingUpcasters } from '../event/upcasters.js';
import type { EventMessage } from '../event/event-message.js';

/** Options that all aggregates have. */
export interface AggregateOptions {
  /** The events that it is made of: of one API, and with one key property. */
  readonly events: readonly Type<object>[];
  /**
   * Keeps the state beside the stream, each time that about so many events were added, so that loading it
   * reads the later ones only. A cache: it may vanish, and is never believed over the events. @default none
   */
  readonly snapshotEvery?: number;
  /** A whole number. To be raised when state is made differently of the events: older snapshots are dropped. @default 1 */
  readonly revision?: number;
}

/** What an aggregate is, however it was written. */
export interface AggregateDefinition<S> {
  /** For errors, and for the keys of snapshots. */
  readonly name: string;
  readonly apiName: string;
  /** The parameter that says which entity an event is about: its name on the wire. */
  readonly parameter: string;
  /** Its event classes, by event name. */
  readonly events: ReadonlyMap<string, Type<object>>;
  readonly snapshotEvery: number | undefined;
  readonly revision: number;
  /** The class of the state; `undefined` where it is what functions make of it. */
  readonly type: Type<object> | undefined;
  /** What makes the state, as it is written. */
  readonly code: readonly string[];
  /** The state of an entity without events. */
  initial(): S;
  /** The state after one more event. */
  evolve(state: S, message: EventMessage<object>): S;
}

const DEFINITIONS = new WeakMap<object, AggregateDefinition<unknown>>();

/** Remembers what a class, or what `defineAggregate` returned, is. */
export function rememberDefinition(
  aggregate: object,
  definition: AggregateDefinition<unknown>,
): void {
  DEFINITIONS.set(aggregate, definition);
  for (const event of definition.events.values()) rememberAggregate(event, definition.name);
}

/** Whether a class, itself, is an aggregate. */
export function isAggregate(aggregate: object): boolean {
  return DEFINITIONS.has(aggregate);
}

/** What an aggregate is. @throws AggregateDefinitionError for what is none. */
export function definitionOf<S>(aggregate: object): AggregateDefinition<S> {
  const isObject = typeof aggregate === 'function' || typeof aggregate === 'object';
  const definition = isObject && (aggregate as object | null) && DEFINITIONS.get(aggregate);
  if (definition) return definition as AggregateDefinition<S>;
  throw new AggregateDefinitionError(
    typeof aggregate === 'function'
      ? `${aggregate.name} is no aggregate: decorate the class with @Aggregate({ events: [...] }). (A subclass needs ` +
          'one of its own.)'
      : `${inspect(aggregate)} is no aggregate. Give a class with @Aggregate, or what defineAggregate returned. ` +
          '(undefined is usually a cycle between two files: import it directly.)',
  );
}

/** What the events of an aggregate have in common. */
export type CommonParts = Pick<
  AggregateDefinition<unknown>,
  'apiName' | 'parameter' | 'events' | 'snapshotEvery' | 'revision'
>;

/**
 * Checks the options, and finds what the events have in common.
 *
 * @param name of the aggregate, for errors.
 * @throws AggregateDefinitionError
 */
export function checkAggregate(name: string, options: AggregateOptions): CommonParts {
  const fail = (what: string): never => {
    throw new AggregateDefinitionError(`The aggregate ${name} ${what}`);
  };
  if (typeof options !== 'object' || (options as object | null) === null) {
    return fail(`has the options ${inspect(options)}. Give an object: { events: [OrderPlaced] }.`);
  }
  const { events, snapshotEvery, revision = 1 } = options;
  if (!Array.isArray(events) || events.length === 0) {
    return fail('has no events. Name those that it is made of: { events: [OrderPlaced] }.');
  }
  if (snapshotEvery !== undefined && !(Number.isSafeInteger(snapshotEvery) && snapshotEvery > 0)) {
    return fail(
      `has snapshotEvery: ${inspect(snapshotEvery)}. Give a whole number of events from 1.`,
    );
  }
  if (!Number.isSafeInteger(revision)) {
    return fail(`has revision: ${inspect(revision)}. Give a whole number.`);
  }
  const definitions = events.map((type: unknown) => requireEvent(type, fail));
  const [first] = definitions as [EventDefinition];
  const byName = new Map<string, Type<object>>();
  for (const { apiName, canonicalName, eventName, key, type } of definitions) {
    if (byName.has(eventName) && apiName === first.apiName) {
      return fail(`names '${canonicalName}' twice in its events. Leave one.`);
    }
    byName.set(eventName, type);
    if (key === undefined) {
      return fail(
        `is made of '${canonicalName}', which has no key: nothing says which entity it is about. Name the property: ` +
          `@Event('${canonicalName}', { key: 'orderId' }).`,
      );
    }
    if (apiName !== first.apiName) {
      return fail(
        `is made of events of two APIs, '${first.canonicalName}' and '${canonicalName}'. One stream must hold all ` +
          'events of an entity, and each API has its own.',
      );
    }
  }
  const missing = definitions.flatMap((definition) => missingUpcasters(definition) ?? []);
  if (missing.length > 0)
    return fail(`is made of events that can't all be read: ${missing.join(' ')}`);
  const parameter = keyParameterOf(first) ?? '';
  const other = definitions.find((definition) => keyParameterOf(definition) !== parameter);
  if (other) {
    return fail(
      `is made of events with two keys: '${first.canonicalName}' has '${parameter}', '${other.canonicalName}' has ` +
        `'${String(keyParameterOf(other))}'. Events of one entity name it by the same property.`,
    );
  }
  return { apiName: first.apiName, parameter, events: byName, snapshotEvery, revision };
}

function requireEvent(type: unknown, fail: (what: string) => never): EventDefinition {
  const definition =
    typeof type === 'function' ? getEventDefinition(type as Type<object>) : undefined;
  if (definition) return definition;
  return fail(
    typeof type === 'function'
      ? `is made of ${type.name}, which has no @Event.`
      : `is made of ${inspect(type)}, which is no event class. (undefined is usually a cycle between two files: ` +
          'import the class directly.)',
  );
}

/** Refuses what is only there later. @throws AggregateDefinitionError */
export function refusePromise(what: string, result: unknown): void {
  const isObject = typeof result === 'object' && result !== null;
  if (!isObject || typeof (result as { then?: unknown }).then !== 'function') return;
  // Whatever comes of it is nobody's.
  (result as PromiseLike<unknown>).then(undefined, () => undefined);
  throw new AggregateDefinitionError(
    `${what} returned a promise. State is made of events alone, at once: make it synchronous, and ask others in the ` +
      'function that you give to aggregates.change.',
  );
}

/** Texts of a class and of those that it extends. */
export function codeOf(type: Type<object>): string[] {
  const code: string[] = [];
  for (let one: unknown = type; typeof one === 'function'; one = Object.getPrototypeOf(one)) {
    if (one !== Function.prototype) code.push(String(one));
  }
  return code;
}
