import type { Type } from '@nestjs/common';
import { AggregateDefinitionError } from '../errors.js';
import type { EventMessage } from '../event/event-message.js';
import {
  checkAggregate,
  refusePromise,
  rememberDefinition,
  type AggregateOptions,
} from './aggregate-definition.js';

declare const STATE: unique symbol;

/** An aggregate that functions make: what `Aggregates` takes beside classes with `@Aggregate`. */
export interface DefinedAggregate<S> {
  /** For errors, and the keys of snapshots. */
  readonly name: string;
  /** The type of its state; nothing is there. (Required, or any class would do: these have names, too.) */
  readonly [STATE]: S;
}

/** What {@link defineAggregate} takes. */
export interface AggregateFunctions<
  S,
  Events extends readonly Type<object>[],
> extends AggregateOptions {
  readonly events: Events;
  /** Makes the state of an entity without events: a new one each time. */
  readonly initial: () => S;
  /** Makes the state after one more event of the state before: the same, changed, or a new one. Synchronous, and pure. */
  readonly evolve: (
    state: S,
    event: InstanceType<Events[number]>,
    message: EventMessage<InstanceType<Events[number]>>,
  ) => S;
  /** For errors, and the keys of snapshots: of two aggregates of one API that have these, one needs a name. @default the name of the API */
  readonly name?: string;
}

/**
 * An aggregate in the style of functions: the same as a class with `@Aggregate`. The state is any value.
 *
 * @throws AggregateDefinitionError for no events, one without `@Event` or key, events of two APIs or with two keys, and
 *   what is no function.
 */
export function defineAggregate<S, const Events extends readonly Type<object>[]>(
  options: AggregateFunctions<S, Events>,
): DefinedAggregate<S> {
  const given = typeof options.name === 'string' && options.name !== '' ? options.name : undefined;
  const common = checkAggregate(given ?? 'without a name', options);
  const name = given ?? common.apiName;
  const { initial, evolve } = options;
  if (typeof initial !== 'function' || typeof evolve !== 'function') {
    throw new AggregateDefinitionError(
      `The aggregate ${name} needs two functions: { initial: () => state, evolve: (state, event) => state }.`,
    );
  }
  const aggregate = Object.freeze({ name }) as DefinedAggregate<S>;
  rememberDefinition(aggregate, {
    ...{ ...common, name, type: undefined, code: [initial, evolve].map(String) },
    initial,
    evolve: (state, message) => {
      if (!common.events.has(message.eventName)) return state;
      const event = message as EventMessage<InstanceType<Events[number]>>;
      const result = evolve(state as S, event.payload, event);
      refusePromise(`evolve of the aggregate ${name}`, result);
      return result;
    },
  });
  return aggregate;
}
