import type { Type } from '@nestjs/common';
import type { OnEventOptions } from '../config/options/listener.options.js';
import type { EventSelection } from '../event/event-name.js';
import { DecoratedMethods, type MethodKey, type MethodRecord } from './decorated-methods.js';

/** One selected event, or all events of an API (`eventName` `'*'`), and the class to cast to. */
export interface ListenerSelection extends EventSelection {
  readonly type?: Type<object>;
}

/** What {@link OnEvent} records on a method. */
export interface OnEventMetadata {
  readonly selections: readonly ListenerSelection[];
  readonly options: OnEventOptions;
}

/** A method with `@OnEvent`, by its class's prototype and its name. */
export type HandlerKey = MethodKey;

/** What this copy of the package knows of one such method. */
export type HandlerRecord = MethodRecord<OnEventMetadata>;

/** Every method that this copy's `@OnEvent` was applied to. */
export const eventHandlers = new DecoratedMethods<OnEventMetadata>('@OnEvent');

/** The event classes that any `@OnEvent` of this process selects. */
export function selectedTypes(): Type<object>[] {
  const selections = eventHandlers
    .all()
    .flatMap(({ metadata }) => metadata.flatMap((one) => one.selections));
  return selections.flatMap(({ type }) => type ?? []);
}
