import type { Type } from '@nestjs/common';
import { ConfigurationError, InvalidOptionsError } from '../errors.js';
import type { EventDefinition } from '../event/event.decorator.js';
import type { EventRegistry } from '../event/event-registry.js';
import { reasonOf } from '../event/reason.js';
import type { ApiStore, Stores } from '../store/stores.js';
import { tellEventKeys } from '../store/tell-keys.js';
import { inBackground } from '../timing/background.js';

/** By event class: the aggregates that are made of its events. */
const AGGREGATES = new WeakMap<Type<object>, Set<string>>();

/** Remembers that an aggregate is made of an event, so that the start can tell where that can't be. */
export function rememberAggregate(event: Type<object>, aggregate: string): void {
  const known = AGGREGATES.get(event) ?? new Set();
  AGGREGATES.set(event, known.add(aggregate));
}

/**
 * Refuses what needs to know how many events of an entity there are, where its API's settings don't allow that.
 *
 * @param what needs it, as the start of a sentence.
 * @throws InvalidOptionsError
 */
export function requireEntityStream(what: string, apiName: string, target: ApiStore): void {
  const unfit = unfitSetting(target);
  if (unfit) throw new InvalidOptionsError(`${what} can't be used on '${apiName}': ${unfit}`);
}

/**
 * For the start: what of events with a key can't be had with the settings of their APIs.
 *
 * @param registered the events of this service.
 * @returns warnings, one for each such API.
 * @throws ConfigurationError where an aggregate is made of such events; everything is closed then.
 */
export async function surveyEntityStreams(
  registered: readonly EventDefinition[],
  stores: Stores,
): Promise<string[]> {
  try {
    return survey(registered, stores);
  } catch (error) {
    // Nest calls no hooks of an application that failed to start.
    await stores.close();
    throw error;
  }
}

function survey(registered: readonly EventDefinition[], stores: Stores): string[] {
  const warnings = new Map<string, string>();
  for (const { key, apiName, canonicalName, type } of registered) {
    // Each is made here, before anything is published: it may be refused.
    const target = stores.forApi(apiName);
    const unfit = key === undefined ? undefined : unfitSetting(target);
    if (!unfit) continue;
    const [aggregate] = AGGREGATES.get(type) ?? [];
    if (aggregate !== undefined) {
      throw new ConfigurationError(
        `The aggregate ${aggregate}, which is made of '${canonicalName}', can't be used: ${unfit}`,
      );
    }
    warnings.set(
      apiName,
      `'${canonicalName}' has a key, and neither 'expectedVersion' nor an aggregate can be used on '${apiName}': ` +
        `${unfit} Firing it without is not concerned.`,
    );
  }
  return [...warnings.values()];
}

/**
 * For the start: tells the index of each API, in the background, which registered events are about which entity, so
 * that services that have not registered them can read entities, too. Where Redis is away or takes nothing in, it is
 * tried again.
 */
export function tellRegisteredKeys(
  registry: EventRegistry,
  stores: Stores,
  logger: { debug(message: string): void },
): void {
  for (const apiName of registry.ownedApis()) {
    const target = stores.forApi(apiName);
    const keys = registry.keysOf(apiName);
    if (keys.size === 0 || unfitSetting(target)) continue;
    const { store, streamOf, settings } = target;
    const longestDelayMs = settings.event_transport.consumption_restart_delay * 1000;
    const patience = { longestDelayMs, signal: stores.closing };
    inBackground(
      () => tellEventKeys(store, streamOf('*'), keys, patience),
      (error) => logger.debug(`The keys of '${apiName}' were not told: ${reasonOf(error)}.`),
    );
  }
}

function unfitSetting({ settings }: ApiStore): string | undefined {
  const { stream_use, max_stream_length } = settings.event_transport;
  if (stream_use === 'per_event') {
    return (
      "its setting stream_use is 'per_event', and one stream must hold all events of an entity, so that they " +
      "are counted and stored in one step. Set it to 'per_api'."
    );
  }
  if (max_stream_length === null) return undefined;
  return (
    `its setting max_stream_length is ${max_stream_length}, and events that are deleted can't be counted. ` +
    'Set it to null, which keeps all of history.'
  );
}
