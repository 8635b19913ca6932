import { Injectable, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { inspect } from 'node:util';
import { EventBus } from '../bus/event-bus.js';
import { getEventDefinition, type EventDefinition } from '../event/event.decorator.js';
import type { EventSelection } from '../event/event-name.js';
import type { EventMessage } from '../event/event-message.js';
import { EventRegistry } from '../event/event-registry.js';
import { Stores } from '../store/stores.js';
import { Handling } from './handling.js';
import {
  contains,
  isSelected,
  requireFireable,
  toSelection,
  type RecordedSelector,
} from './recorded-selection.js';
import { storePast } from './store-past.js';
import { RecordedEventsError, UnexpectedEventError } from './recorder-errors.js';

/** What an assertion on fired events can ask for. */
export interface FiredExpectation {
  /** How often the event must have been fired. @default at least once */
  readonly times?: number;
  /**
   * Counts only events whose payload has these properties, compared deeply. A plain object in it need
   * not name all properties of its counterpart. @default any payload
   */
  readonly payload?: Readonly<Record<string, unknown>>;
}

/** Options of {@link EventRecorder.whenHandled}. */
export interface WhenHandledOptions {
  /** How long to wait, ms of real time: a number from 0, not infinite. @default 2000 */
  readonly timeoutMs?: number;
}

// Records, so that the compiler misses an option that is missing here.
const EXPECTATIONS: Record<keyof FiredExpectation, true> = { times: true, payload: true };
const WHEN_HANDLED: Record<keyof WhenHandledOptions, true> = { timeoutMs: true };

/**
 * Knows which events a test fired, how often and with what; refuses unexpected ones on request.
 * Does what Lightbus's `BusMocker` does for Python.
 */
@Injectable()
export class EventRecorder {
  // By entry, in the order of recording.
  private readonly entries = new Map<string, EventMessage<object>>();
  private allowed?: EventSelection[];
  private refusedNames: string[] = [];

  constructor(
    private readonly handling: Handling,
    private readonly registry: EventRegistry,
    private readonly stores: Stores,
    private readonly modules: ModuleRef,
  ) {}

  /**
   * Puts a past in place, before or after `module.init()`: stores events, in order, as if they had happened before
   * the test. History, aggregates and projections (when it resolves) have them; listeners don't, as they have handled them; and they
   * don't count as fired, nor does `allowOnly` refuse them.
   *
   * @param events instances of registered event classes.
   * @returns their messages.
   * @throws as `EventBus.fireAll`.
   */
  async given(events: readonly object[]): Promise<EventMessage<object>[]> {
    const { registry, stores } = this;
    // The bus records by this, so it can't be asked for in the constructor.
    const bus = this.modules.get(EventBus, { strict: false });
    const messages = await storePast(events, { bus, stores, registry });
    await this.handling.whenProjected(messages);
    return messages;
  }

  /**
   * Messages of the fired events, in order. What was fired again under its id, and so was not stored
   * again, is there once.
   *
   * @param selector only these.
   * @throws RecordedEventsError for events that no `LightbusModule.forFeature` registers. The
   *   assertions do so, too.
   */
  fired(): EventMessage<object>[];
  fired<T extends object>(selector: Type<T>): EventMessage<T>[];
  fired(selector: string): EventMessage[];
  fired(...selectors: readonly RecordedSelector[]): EventMessage<object>[] {
    const messages = [...this.entries.values()];
    const [selector] = selectors;
    // One that is there, and undefined, is a mistake.
    if (selectors.length === 0) return messages;
    const selection = toSelection(selector as RecordedSelector);
    requireFireable(selection, this.registry.all());
    return messages.filter((message) => isSelected(selection, message));
  }

  /** Canonical names of the fired events, in order, as often as they were fired. */
  names(): string[] {
    return this.fired().map(({ canonicalName }) => canonicalName);
  }

  /** Canonical names of the events that {@link allowOnly} refused, in order. */
  refused(): string[] {
    return [...this.refusedNames];
  }

  /**
   * @throws RecordedEventsError where the event was not fired, not as often, or not with that
   *   payload; and for an unknown option.
   */
  assertFired(selector: RecordedSelector, expectation: FiredExpectation = {}): void {
    refuseUnknown('assertFired', expectation, EXPECTATIONS);
    const { times, payload } = expectation;
    if (
      payload !== undefined &&
      (typeof payload !== 'object' || (payload as object | null) === null)
    ) {
      throw new RecordedEventsError(
        `The option 'payload' of assertFired must be an object; it is ${inspect(payload)}.`,
      );
    }
    const all = this.fired(selector as string);
    const found = payload ? all.filter((message) => contains(message.payload, payload)) : all;
    if (times === undefined ? found.length > 0 : found.length === times) return;
    const wanted = times === undefined ? 'at least once' : times === 1 ? 'once' : `${times} times`;
    const how = payload ? ` with ${show(payload)}` : '';
    throw new RecordedEventsError(
      `Expected ${describe(selector)} to be fired ${wanted}${how}, found ${found.length}. ${this.summary(all)}`,
    );
  }

  /** @throws RecordedEventsError where the event was fired. @param selector default: any event. */
  assertNotFired(selector?: RecordedSelector): void {
    const found = selector === undefined ? this.fired() : this.fired(selector as string);
    if (found.length === 0) return;
    const what = selector === undefined ? 'no event' : `${describe(selector)} not`;
    throw new RecordedEventsError(`Expected ${what} to be fired. ${this.summary(found)}`);
  }

  /**
   * From now on only these events may be fired; a `fire` of any other rejects with
   * {@link UnexpectedEventError}. Called again, it allows more; without arguments, nothing.
   */
  allowOnly(...selectors: RecordedSelector[]): void {
    this.allowed = [...(this.allowed ?? []), ...selectors.map(toSelection)];
  }

  /**
   * Resolves when every listener has dealt with every event that was fired, awaited or not, and with those
   * that handlers fired meanwhile: each is handled, or set aside on a dead-letter stream; and every projection has
   * them. Where nothing listens (no listener for an event, or `features: []`), nothing has to be handled.
   *
   * It goes by real time, whatever fake clock the test has.
   *
   * @throws RecordedEventsError after `timeoutMs`, naming the listeners that are not done: a handler
   *   still runs, or fails and is tried again (with what the log said of that last), or a fake
   *   clock stops them. At once where the application has not started (`module.init()`) or is closed,
   *   where a listener or projection that has stopped is not done, and for options that can't be.
   */
  async whenHandled(options: WhenHandledOptions = {}): Promise<void> {
    refuseUnknown('whenHandled', options, WHEN_HANDLED);
    const { timeoutMs = 2_000 } = options;
    if (!Number.isFinite(timeoutMs) || timeoutMs < 0) {
      throw new RecordedEventsError(
        `The option 'timeoutMs' of whenHandled must be a number of milliseconds from 0, and not infinite; ` +
          `it is ${inspect(timeoutMs)}.`,
      );
    }
    await this.handling.whenDone(timeoutMs, () => {
      const refused = this.refusedNames.map((name) => `'${name}'`).join(', ');
      return refused && ` Refused, as the test does not allow it: ${refused}.`;
    });
  }

  /** Forgets what was fired and refused, and allows everything again. */
  reset(): void {
    this.entries.clear();
    this.refusedNames = [];
    this.allowed = undefined;
  }

  /** @internal */
  record(messages: readonly EventMessage<object>[]): void {
    this.handling.expect(messages);
    for (const message of messages) {
      const key = `${message.stream} ${message.nativeId}`;
      // What was fired again stays as it was fired first.
      if (!this.entries.has(key)) this.entries.set(key, message);
    }
  }

  /** @internal @throws UnexpectedEventError */
  check(typeOrInstance: object): void {
    if (!this.allowed) return;
    const definition = definitionOf(typeOrInstance);
    // What is no event is for the bus to refuse.
    if (!definition || this.allowed.some((selection) => isSelected(selection, definition))) return;
    this.refusedNames.push(definition.canonicalName);
    const allowed = this.allowed.map(({ apiName, eventName }) => `'${apiName}.${eventName}'`);
    throw new UnexpectedEventError(
      `'${definition.canonicalName}' was fired, but the test allows only ` +
        `${allowed.join(', ') || 'no event'}. ` +
        'Allow it with recorder.allowOnly(), or find out why it is fired.',
    );
  }

  private summary(messages: readonly EventMessage<object>[]): string {
    const shown = messages.length > 0 ? messages : this.fired();
    if (shown.length === 0) return 'Nothing was fired.';
    const events = shown.map(({ canonicalName, payload }) => `${canonicalName} ${show(payload)}`);
    return `Fired: ${events.join(', ')}.`;
  }
}

// An assertion whose condition is misspelt would hold whatever happens.
function refuseUnknown(method: string, options: unknown, known: Record<string, true>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new RecordedEventsError(
      `The options of ${method} must be an object with ${Object.keys(known).join(', ')}; found ${inspect(options)}.`,
    );
  }
  const unknown = Object.keys(options).filter((key) => !Object.hasOwn(known, key));
  if (unknown.length === 0) return;
  throw new RecordedEventsError(
    `${method} has unknown options: ${unknown.join(', ')}. Known: ${Object.keys(known).join(', ')}.`,
  );
}

function definitionOf(typeOrInstance: unknown): EventDefinition | undefined {
  if (typeof typeOrInstance === 'function')
    return getEventDefinition(typeOrInstance as Type<object>);
  if (typeof typeOrInstance !== 'object' || typeOrInstance === null) return undefined;
  // Not the instance's own: a payload may have a property of that name.
  const type = (Object.getPrototypeOf(typeOrInstance) as object | null)?.constructor;
  return type && getEventDefinition(type as Type<object>);
}

function describe(selector: RecordedSelector): string {
  return typeof selector === 'string' ? `'${selector}'` : selector.name;
}

function show(payload: object): string {
  return inspect(payload, { depth: 5 });
}
