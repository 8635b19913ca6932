import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { ListenerDefinitionError } from '../errors.js';
import { getEventDefinition } from '../event/event.decorator.js';
import { parseSelector, type EventSelection } from '../event/event-name.js';

/** What a listener asks for: an event class, `'<api>.<event>'`, or `'<api>.*'` for every event of an API. */
export type EventSelector = Type<object> | string;

/**
 * Where a consumer group starts when it is first created: at the beginning of history, with what is
 * fired from now on, at an instant, or after an entry (its id).
 */
export type Since = 'beginning' | 'now' | Date | string;

/** What happens when a handler fails. */
export type FailureMode = (typeof FAILURE_MODES)[number];

const FAILURE_MODES = ['retry', 'shutdown', 'acknowledge_and_log', 'dead_letter'] as const;

/** Options of {@link OnEvent}. */
export interface OnEventOptions {
  /**
   * Durable half of the consumer group's name `{service_name}-{listener_name}`: it must not change
   * when the class or the method is renamed, or history is read again under the new name.
   */
  readonly listenerName: string;
  /**
   * Where to start when the group is first created. Later starts go on where the group stopped.
   * @default 'beginning' (Python Lightbus starts with what is fired from now on)
   */
  readonly since?: Since;
  /**
   * What happens when the handler fails:
   *
   * - `'retry'`: the event is tried again with exponential backoff and jitter, capped at 30 s, until it
   *   succeeds; no later event of this listener overtakes it;
   * - `'shutdown'`: the application closes, the process ends with a non-zero exit code, and the event
   *   stays pending (Lightbus's default);
   * - `'acknowledge_and_log'`: as in Lightbus, the error is logged and the event counts as handled;
   * - `'dead_letter'`: after `maxAttempts` the event is stored on the listener's dead-letter stream,
   *   with its error and provenance, and acknowledged. The original entry is never deleted.
   *
   * @default 'retry'
   */
  readonly onError?: FailureMode;
  /** Attempts before `'dead_letter'` gives up; those of earlier processes count. @default 10 */
  readonly maxAttempts?: number;
  /**
   * Milliseconds after which an attempt that has not settled counts as failed; `message.signal` is
   * aborted then. The handler itself can't be ended: let it listen to the signal.
   * @default no limit
   */
  readonly timeout?: number;
}

/** One selected event, or all events of an API (`eventName` `'*'`), and the class to cast to. */
export interface ListenerSelection extends EventSelection {
  readonly type?: Type<object>;
}

/** What {@link OnEvent} records on a method. */
export interface OnEventMetadata {
  readonly selections: readonly ListenerSelection[];
  readonly options: OnEventOptions;
}

const ON_EVENT_METADATA = Symbol('LIGHTBUS_ON_EVENT');

/** Metadata key of a handler's parameters, in the form that Nest's pipeline reads. */
export const HANDLER_PARAMETERS = 'lightbus:handler_parameters';

/** Parameter type of the event. Nest's own number for a request's body, so that pipes treat it as one. */
export const EVENT_PARAMETER = 3;

/** Parameter type of the message: unknown to Nest, hence 'custom' to pipes. */
const MESSAGE_PARAMETER = 1000;

/**
 * Calls this method of a provider or controller with `(event, message)` for each event that is
 * selected, one at a time and in order, and acknowledges the event once the method has succeeded.
 *
 * May be applied several times, each with a listener name of its own. Guards, interceptors, pipes and
 * filters that are bound to the method or its class run, with context type `'lightbus'` and the
 * arguments `(event, message)`:
 * - A guard that refuses makes the event fail (`ForbiddenException`), as an error of the handler does.
 * - Pipes transform the event, as they do a request's body, and never the message.
 * - A filter that returns anything but `undefined` or `null` has dealt with the error: the event is
 *   acknowledged. One that returns nothing, or a promise of nothing, has not, and `onError` applies.
 * - A returned Observable is waited for; the event is handled when it completes.
 *
 * @param selectors an event class, `'<api>.<event>'`, `'<api>.*'`, or an array of these.
 * @throws ListenerDefinitionError for a missing or impossible listener name or `since`, no selector,
 *   a class without `@Event`, or anything but a named method; `EventDefinitionError` for a name that breaks Lightbus's rules.
 */
export function OnEvent(
  selectors: EventSelector | readonly EventSelector[],
  options: OnEventOptions,
): MethodDecorator {
  return (target, methodName, descriptor?: PropertyDescriptor) => {
    const place = `${target.constructor.name}.${String(methodName)}`;
    const method = checkMethod(target, methodName, descriptor, place);
    const metadata: OnEventMetadata = {
      selections: [selectors].flat().map((selector) => select(selector, place)),
      options: checkOptions(options, place),
    };
    if (metadata.selections.length === 0) {
      throw new ListenerDefinitionError(`@OnEvent on ${place} selects no event.`);
    }
    Reflect.defineMetadata(ON_EVENT_METADATA, [metadata, ...getOnEventMetadata(method)], method);
    const parameters = {
      [`${EVENT_PARAMETER}:0`]: { index: 0, data: undefined, pipes: [] },
      [`${MESSAGE_PARAMETER}:1`]: { index: 1, data: undefined, pipes: [] },
    };
    Reflect.defineMetadata(HANDLER_PARAMETERS, parameters, target.constructor, methodName);
  };
}

/** Reads what {@link OnEvent} recorded; empty for a method without it. */
export function getOnEventMetadata(method: object): readonly OnEventMetadata[] {
  return (Reflect.getMetadata(ON_EVENT_METADATA, method) as OnEventMetadata[] | undefined) ?? [];
}

// Nest looks for methods by name on the instances of a class: of any other it would not know.
function checkMethod(
  target: object,
  name: string | symbol,
  descriptor: PropertyDescriptor | undefined,
  place: string,
): object {
  const method: unknown = descriptor?.value;
  const kinds: [boolean, string][] = [
    [typeof target === 'function', 'a static method'],
    [typeof name === 'symbol', 'a method that is named by a symbol'],
    [typeof method !== 'function', 'a property or an accessor'],
  ];
  const [, kind] = kinds.find(([found]) => found) ?? [];
  if (kind === undefined) return method as object;
  const where = typeof target === 'function' ? `${target.name}.${String(name)}` : place;
  throw new ListenerDefinitionError(
    `@OnEvent on ${where} is on ${kind}, which would never be called. ` +
      'Put it on a method of a provider or controller that has a name.',
  );
}

function select(selector: EventSelector, place: string): ListenerSelection {
  if (typeof selector === 'string') return parseSelector(selector);
  const definition = typeof selector === 'function' ? getEventDefinition(selector) : undefined;
  if (!definition) {
    throw new ListenerDefinitionError(
      `@OnEvent on ${place} selects ${describe(selector)}, which has no @Event decorator. ` +
        "Decorate the class with @Event('<api>.<event>'), or select the event by name. " +
        '(undefined is usually a cycle between two files: import the class directly.)',
    );
  }
  const { apiName, eventName } = definition;
  return { apiName, eventName, type: selector };
}

function checkOptions(options: OnEventOptions, place: string): OnEventOptions {
  // JavaScript users can leave it out.
  const name: unknown = (options as OnEventOptions | undefined)?.listenerName;
  if (typeof name !== 'string' || !/^[^\s\p{Cc}]+$/u.test(name)) {
    throw new ListenerDefinitionError(
      `@OnEvent on ${place} needs a listenerName: a non-empty text without spaces, the durable half ` +
        `of its consumer group's name. Found ${describe(name)}.`,
    );
  }
  const unknown = Object.keys(options).filter((key) => !OPTIONS.has(key));
  if (unknown.length > 0) {
    throw new ListenerDefinitionError(
      `@OnEvent on ${place} has unknown options: ${unknown.join(', ')}. Known: ${[...OPTIONS].join(', ')}.`,
    );
  }
  // Fails at the decorator rather than at the start.
  if (options.since !== undefined) checkSince(options.since, place);
  checkFailureOptions(options, place);
  return options;
}

// A record, so that the compiler misses an option that is missing here.
const EVERY_OPTION: Record<keyof OnEventOptions, true> = {
  listenerName: true,
  since: true,
  onError: true,
  maxAttempts: true,
  timeout: true,
};
const OPTIONS: ReadonlySet<string> = new Set(Object.keys(EVERY_OPTION));

function checkFailureOptions(options: OnEventOptions, place: string): void {
  const onError: unknown = options.onError ?? 'retry';
  if (!(FAILURE_MODES as readonly unknown[]).includes(onError)) {
    const expected = FAILURE_MODES.map((mode) => `'${mode}'`).join(', ');
    throw new ListenerDefinitionError(
      `@OnEvent on ${place} has onError ${describe(onError)}. Expected one of ${expected}.`,
    );
  }
  for (const name of ['maxAttempts', 'timeout'] as const) {
    const value: unknown = options[name] ?? 1;
    if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) < 2 ** 31)
      continue;
    throw new ListenerDefinitionError(
      `@OnEvent on ${place} has ${name} ${describe(value)}. Expected an integer from 1 to 2147483647.`,
    );
  }
}

function checkSince(since: unknown, place: string): void {
  const valid =
    since instanceof Date
      ? !Number.isNaN(since.getTime())
      : typeof since === 'string' && /^(beginning|now|\d{1,20}(-\d{1,20})?)$/.test(since);
  if (valid) return;
  throw new ListenerDefinitionError(
    `@OnEvent on ${place} has since ${describe(since)}. Expected 'beginning', 'now', a valid Date ` +
      "or an entry id such as '1700000000000-0'.",
  );
}

function describe(value: unknown): string {
  return typeof value === 'function'
    ? `class ${value.name}`
    : (JSON.stringify(value) ?? String(value));
}
