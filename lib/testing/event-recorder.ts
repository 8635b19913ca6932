import { Injectable, type Type } from '@nestjs/common';
import { isDeepStrictEqual, inspect } from 'node:util';
import { LightbusError } from '../errors.js';
import { getEventDefinition } from '../event/event.decorator.js';
import { parseSelector, type EventSelection } from '../event/event-name.js';
import type { EventMessage } from '../event/event-message.js';

/** Which events: an event class, `'<api>.<event>'` or `'<api>.*'`. */
export type RecordedSelector = Type<object> | string;

/** What an assertion on fired events can ask for. */
export interface FiredExpectation {
  /** How often the event must have been fired. @default at least once */
  readonly times?: number;
  /** Properties that the payload of at least one of them must have, compared deeply. @default any payload */
  readonly payload?: Readonly<Record<string, unknown>>;
}

/** An event was fired that the test did not allow. Nothing was stored, and no listener was called. */
export class UnexpectedEventError extends LightbusError {
  readonly code = 'LIGHTBUS_UNEXPECTED_EVENT';
}

/** An assertion of {@link EventRecorder} does not hold. */
export class RecordedEventsError extends LightbusError {
  readonly code = 'LIGHTBUS_RECORDED_EVENTS';
}

/**
 * Knows which events a test fired, how often and with what; refuses unexpected ones on request.
 * Does what Lightbus's `BusMocker` does for Python.
 */
@Injectable()
export class EventRecorder {
  private messages: EventMessage<object>[] = [];
  private allowed?: EventSelection[];

  /** Messages of the fired events, in order. @param selector only these. */
  fired(): EventMessage<object>[];
  fired<T extends object>(selector: Type<T>): EventMessage<T>[];
  fired(selector: string): EventMessage<Record<string, unknown>>[];
  fired(selector?: RecordedSelector): EventMessage<object>[] {
    if (selector === undefined) return [...this.messages];
    const selection = toSelection(selector);
    return this.messages.filter((message) => matches(selection, message));
  }

  /** Canonical names of the fired events, in order, as often as they were fired. */
  names(): string[] {
    return this.messages.map(({ canonicalName }) => canonicalName);
  }

  /** @throws RecordedEventsError where the event was not fired, not as often, or not with that payload. */
  assertFired(selector: RecordedSelector, { times, payload }: FiredExpectation = {}): void {
    const all = this.fired(selector as string);
    const found = payload ? all.filter((message) => includes(message.payload, payload)) : all;
    if (times === undefined ? found.length > 0 : found.length === times) return;
    const wanted = times === undefined ? 'at least once' : `${times} times`;
    const how = payload ? ` with ${inspect(payload, { depth: 5 })}` : '';
    throw new RecordedEventsError(
      `Expected ${describe(selector)} to be fired ${wanted}${how}, found ${found.length}. ${this.summary(all)}`,
    );
  }

  /** @throws RecordedEventsError where the event was fired. @param selector default: any event. */
  assertNotFired(selector?: RecordedSelector): void {
    const found = selector === undefined ? this.messages : this.fired(selector as string);
    if (found.length === 0) return;
    const what = selector === undefined ? 'no event' : describe(selector);
    throw new RecordedEventsError(
      `Expected ${what}${selector === undefined ? '' : ' not'} to be fired. ${this.summary(found)}`,
    );
  }

  /**
   * From now on only these events may be fired; a `fire` of any other rejects with
   * {@link UnexpectedEventError}. Called again, it allows more.
   */
  allowOnly(...selectors: RecordedSelector[]): void {
    this.allowed = [...(this.allowed ?? []), ...selectors.map(toSelection)];
  }

  /** Forgets what was fired and allows everything again. */
  reset(): void {
    this.messages = [];
    this.allowed = undefined;
  }

  /** @internal */
  record(messages: readonly EventMessage<object>[]): void {
    this.messages.push(...messages);
  }

  /** @internal @throws UnexpectedEventError */
  check(event: object): void {
    const definition = getEventDefinition(
      (typeof event === 'function' ? event : event.constructor) as Type<object>,
    );
    if (!this.allowed || !definition) return;
    if (this.allowed.some((selection) => matches(selection, definition))) return;
    throw new UnexpectedEventError(
      `'${definition.canonicalName}' was fired, but the test allows only ` +
        `${this.allowed.map(({ apiName, eventName }) => `'${apiName}.${eventName}'`).join(', ') || 'no event'}. ` +
        'Allow it with recorder.allowOnly(), or find out why it is fired.',
    );
  }

  private summary(messages: readonly EventMessage<object>[]): string {
    const shown = messages.length > 0 ? messages : this.messages;
    if (shown.length === 0) return 'Nothing was fired.';
    return `Fired: ${shown.map(({ canonicalName, payload }) => `${canonicalName} ${inspect(payload, { depth: 5 })}`).join(', ')}`;
  }
}

function toSelection(selector: RecordedSelector): EventSelection {
  if (typeof selector === 'string') return parseSelector(selector);
  const definition = getEventDefinition(selector);
  if (!definition) throw new RecordedEventsError(`${selector.name} has no @Event.`);
  return definition;
}

function matches(selection: EventSelection, { apiName, eventName }: EventSelection): boolean {
  return (
    apiName === selection.apiName &&
    (selection.eventName === '*' || eventName === selection.eventName)
  );
}

function includes(payload: object, expected: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(expected).every(([name, value]) =>
    isDeepStrictEqual((payload as Record<string, unknown>)[name], value),
  );
}

function describe(selector: RecordedSelector): string {
  return typeof selector === 'string' ? `'${selector}'` : selector.name;
}
