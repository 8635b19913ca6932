import type { EventName } from '../../event/event-name.js';
import type { InvalidProperty } from '../../fire-errors.js';
import { backoffMs } from '../../timing/backoff.js';
import { inBackground } from '../../timing/background.js';
import { LONGEST_TIMER_MS } from '../../timing/longest-timer.js';
import { TimeoutError, within } from '../../timing/within.js';
import type { ApiSchema, BusSchema } from '../bus-schema.js';
import { readPublished } from '../publication/published-text.js';
import { compileSchema, UnusableSchemaError, type SchemaCheck } from './compile-schema.js';

/** What {@link RemoteSchemas} work with. */
export interface RemoteSchemaParts {
  /** The text that is published of an API; `undefined` where there is none, or it has expired. */
  readonly read: (apiName: string) => Promise<string | undefined>;
  /** Setting `bus.schema.ttl`, s: what is published is read again after 0.8 times that, as Lightbus does. */
  readonly ttl: number;
  /** Setting `event_fire_timeout` of an API, s: for how long its first event waits for its schema. */
  readonly patience: (apiName: string) => number;
  readonly warn: (text: string) => void;
}

/** What is known of one API. */
interface Loaded {
  readonly text: string | undefined;
  readonly api: ApiSchema;
  /** Whether what is published is no schema of an API. */
  readonly isBroken: boolean;
  /** By event; `undefined` where its schema can't be used. */
  readonly checks: Map<string, SchemaCheck | undefined>;
}

/** Longest text of an API's schema that events are validated by, characters. Those of a hundred events take a tenth of it. */
const LONGEST_SCHEMA = 1024 * 1024;

const NOTHING: ApiSchema = { events: {}, rpcs: {} };
const FIRST_RETRY_MS = 500;
/** How many names of events are remembered as told: anybody can make some up. */
const MOST_TOLD = 1_000;

/**
 * The schemas that other services have published, for events that no class here describes. Those of an API are loaded
 * when its first such event is to be validated, and again and again from then on. What can't be used is left out, with
 * one warning.
 */
export class RemoteSchemas {
  private readonly loaded = new Map<string, Loaded>();
  private readonly loading = new Map<string, Promise<void>>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly told = new Set<string>();
  private given: BusSchema = {};
  private closed = false;

  constructor(private readonly parts: RemoteSchemaParts) {}

  /** Schemas from files (`lightbus run --schema`): stronger than what is published, as in Lightbus. */
  give(schemas: BusSchema): void {
    this.given = schemas;
  }

  /**
   * What of an event's parameters its schema refuses; `undefined` where there is none that can be used.
   *
   * @param parameters plain, as they were read from the wire.
   * @returns a promise only for the first events of an API, until its schema has been read, or `event_fire_timeout` is over.
   */
  validate(
    event: EventName,
    parameters: Readonly<Record<string, unknown>>,
  ): InvalidProperty[] | undefined | Promise<InvalidProperty[] | undefined> {
    const loading = this.whenLoaded(event.apiName);
    return loading
      ? loading.then(() => this.judge(event, parameters))
      : this.judge(event, parameters);
  }

  /**
   * The same for a received event where `validate.incoming` is on. Without a schema it is valid, with one warning for each
   * event; by the setting `strict_validation` it is not.
   */
  validateReceived(
    event: EventName,
    parameters: Readonly<Record<string, unknown>>,
    { strict }: { readonly strict: boolean },
  ): readonly InvalidProperty[] | Promise<readonly InvalidProperty[]> {
    const conclude = (found: InvalidProperty[] | undefined) => found ?? this.without(event, strict);
    const found = this.validate(event, parameters);
    return found instanceof Promise ? found.then(conclude) : conclude(found);
  }

  /** Ends what goes on in the background. */
  close(): void {
    this.closed = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private without(event: EventName, strict: boolean): InvalidProperty[] {
    const { apiName, eventName } = event;
    const isUnusable = this.isUnusable(event);
    const what =
      `nothing describes '${apiName}.${eventName}': the listener does not select it by a class with rules, this ` +
      `service has registered none, and ` +
      (isUnusable
        ? `what is published under 'schema:${apiName}' can't be used, as a warning has said`
        : `no schema of it is published under 'schema:${apiName}'`);
    if (strict) {
      const strictValidation = `strict_validation is on, and ${what}`;
      return [{ path: '', value: undefined, constraints: { strictValidation } }];
    }
    // Why it can't be used, is the warning.
    if (isUnusable) return [];
    this.tell(
      `${apiName}.${eventName}`,
      `validate.incoming is on, and ${what}: such events are handled without validation. ` +
        'strict_validation makes that an error; validate.incoming: false silences this.',
    );
    return [];
  }

  private isUnusable({ apiName, eventName }: EventName): boolean {
    const known = this.loaded.get(apiName);
    return known !== undefined && (known.isBroken || Object.hasOwn(known.api.events, eventName));
  }

  private judge(
    event: EventName,
    parameters: Readonly<Record<string, unknown>>,
  ): InvalidProperty[] | undefined {
    const { apiName, eventName } = event;
    const known = this.loaded.get(apiName);
    if (!known) return undefined;
    try {
      if (!known.checks.has(eventName))
        known.checks.set(eventName, compileFor(known.api, eventName));
      return known.checks.get(eventName)?.(parameters);
    } catch (error) {
      if (!(error instanceof UnusableSchemaError)) throw error;
      known.checks.set(eventName, undefined);
      this.parts.warn(
        `The schema of '${apiName}.${eventName}', as it is published under 'schema:${apiName}', is ignored: ${error.message}.`,
      );
      return undefined;
    }
  }

  /** `undefined` where nothing is to be waited for. */
  private whenLoaded(apiName: string): Promise<void> | undefined {
    if (this.loaded.has(apiName)) return this.loading.get(apiName);
    if (this.closed) return undefined;
    const first = within(this.load(apiName, 1), this.parts.patience(apiName) * 1000)
      .catch((error: unknown) => {
        if (!(error instanceof TimeoutError)) throw error;
      })
      .finally(() => this.loading.delete(apiName));
    this.loading.set(apiName, first);
    // From now on it is known; without a text, as long as it has not been read.
    this.loaded.set(apiName, this.toLoaded(apiName, undefined));
    return first;
  }

  /** Never rejects. */
  private async load(apiName: string, attempt: number): Promise<void> {
    let nextMs = Math.min(this.parts.ttl * 800, LONGEST_TIMER_MS);
    let failures = 0;
    try {
      const text = await this.parts.read(apiName);
      if (text !== this.loaded.get(apiName)?.text)
        this.loaded.set(apiName, this.toLoaded(apiName, text));
    } catch (error) {
      failures = attempt;
      nextMs = backoffMs(attempt, FIRST_RETRY_MS, nextMs);
      if (attempt === 1 && !this.closed) this.parts.warn(describeFailure(apiName, error));
    }
    if (this.closed) return;
    const timer = setTimeout(() => {
      inBackground(
        () => this.load(apiName, failures + 1),
        (error) => this.parts.warn(String(error)),
      );
    }, nextMs);
    // It keeps no process alive.
    timer.unref();
    this.timers.set(apiName, timer);
  }

  private toLoaded(apiName: string, text: string | undefined): Loaded {
    const published = text === undefined ? NOTHING : readSchema(text);
    if (typeof published === 'string') {
      this.parts.warn(`What is published under 'schema:${apiName}' is ignored: ${published}.`);
    }
    const { events, rpcs } = typeof published === 'string' ? NOTHING : published;
    const given = Object.hasOwn(this.given, apiName) ? this.given[apiName] : undefined;
    const api = { events: { ...events, ...given?.events }, rpcs };
    return { text, api, isBroken: typeof published === 'string', checks: new Map() };
  }

  private tell(key: string, text: string): void {
    if (this.told.has(key) || this.told.size >= MOST_TOLD) return;
    this.told.add(key);
    this.parts.warn(text);
  }
}

/** What a text says of an API; or, in words, why nothing. */
function readSchema(text: string): ApiSchema | string {
  if (text.length > LONGEST_SCHEMA) return 'it is longer than 1 MiB';
  if (text === '') return 'it is no text, or far too long';
  return readPublished(text) ?? 'it is no schema of an API: {"events": {...}, "rpcs": {...}}';
}

function compileFor({ events }: ApiSchema, eventName: string): SchemaCheck | undefined {
  if (!Object.hasOwn(events, eventName)) return undefined;
  const event = events[eventName];
  if (typeof event !== 'object' || event === null) throw new UnusableSchemaError('it is no object');
  return compileSchema((event as { readonly parameters?: unknown }).parameters);
}

function describeFailure(apiName: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return (
    `The schema of '${apiName}' could not be read: ${reason.replace(/\.$/, '')}. ` +
    'It is tried again; until then, what was read last is in force.'
  );
}
