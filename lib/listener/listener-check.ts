import type { FailureMode, ListenerOverrides } from '../config/options/listener.options.js';
import { ListenerDefinitionError } from '../errors.js';
import { faultsOf } from '../event/definition-check.js';
import { getEventDefinition } from '../event/event.decorator.js';
import { describeHandler } from './handler-lookup.js';
import type { HandlerRecord } from './handler-registry.js';
import type { Exploration } from './listener.explorer.js';
import type { Listener } from './listener.js';

/** With which `onError` options have an effect that have none with all. */
const EFFECTIVE_WITH: Partial<Record<keyof ListenerOverrides, readonly FailureMode[]>> = {
  backoff: ['retry', 'dead_letter'],
  retryFor: ['dead_letter'],
  maxAttempts: ['dead_letter'],
};

/** What to look for in an application's listeners. */
export interface ListenerRules {
  /** Whether an `@OnEvent` on a method that no provider has stops the start. */
  readonly isStrict: boolean;
  /** Names of the listeners that options were given for. */
  readonly overridden: readonly string[];
}

/**
 * Checks what no single decorator can see. What a provider has is known as a listener of this process from
 * then on, so that its class may be missing in another application, and where hot reloading has put another
 * one in its place; that of an application that was refused, too.
 *
 * @returns the methods that no provider has, where that is no reason to refuse the start.
 * @throws ListenerDefinitionError that says everything at once: methods that would not be called, two
 *   listeners of one name on one API (they would share a consumer group, and each event would reach
 *   only one of them), selected classes whose events can't be read (an upcaster is missing), options for
 *   listeners that do not exist.
 */
export function checkListeners(exploration: Exploration, rules: ListenerRules): string[] {
  const { listeners, strays } = exploration;
  const places = strays.map(describeHandler);
  const refusals = [
    ...exploration.refusals,
    ...(rules.isStrict && places.length > 0 ? [describeStrays(places)] : []),
    ...findDuplicates(listeners),
    ...findUnsound(listeners),
    ...findUnknown(listeners, rules.overridden),
  ];
  for (const record of exploration.heard) record.isListener = true;
  if (refusals.length > 0) throw new ListenerDefinitionError(list(refusals));
  return tellOnce(strays);
}

/** What is said of methods that no provider has. */
export function describeStrays(places: readonly string[]): string {
  return (
    `${places.join(', ')}: @OnEvent on a method that would never be called. The class is loaded, but no ` +
    'module of this application has it among its providers or controllers (or the module is loaded ' +
    'lazily; or a test overrides the provider; or a factory makes the provider per request, or hands it out inside of something else). ' +
    'Add it to the providers of a module, or do not import its file. Where several applications ' +
    'share files, allow it: LightbusModule.forRoot({ strictListeners: false }).'
  );
}

/** What was said of a listener and has no effect; `undefined` where all has. */
export function describeIdleOptions({ name, place, options }: Listener): string | undefined {
  const { onError, said } = options;
  const idle = said.filter((option) => !(EFFECTIVE_WITH[option]?.includes(onError) ?? true));
  if (idle.length === 0) return undefined;
  const why = onError === 'retry' ? 'tries until the handler succeeds' : 'makes one attempt only';
  return (
    `Listener '${name}' (${place}): ${idle.join(' and ')} ${idle.length === 1 ? 'has' : 'have'} no effect with ` +
    `onError '${onError}', which ${why}. Say onError: 'dead_letter', or leave ${idle.length === 1 ? 'it' : 'them'} out.`
  );
}

function tellOnce(strays: readonly HandlerRecord[]): string[] {
  const untold = strays.filter((record) => !record.wasTold);
  for (const record of untold) record.wasTold = true;
  return untold.map(describeHandler);
}

function findDuplicates(listeners: readonly Listener[]): string[] {
  const refusals: string[] = [];
  const seen = new Map<string, Listener>();
  for (const listener of listeners) {
    for (const apiName of new Set(listener.selections.map((selection) => selection.apiName))) {
      const key = `${listener.name} ${apiName}`;
      const other = seen.get(key);
      if (other) refusals.push(describeDuplicate(apiName, other, listener));
      else seen.set(key, listener);
    }
  }
  return refusals;
}

function describeDuplicate(apiName: string, one: Listener, other: Listener): string {
  return (
    `Two listeners of API '${apiName}' are named '${one.name}': ${one.place} and ${other.place}. They ` +
    'would share one consumer group, and each event would reach only one of them. Give each a ' +
    'listenerName of its own (or, if it is one class provided by two modules, provide it once and ' +
    'export it).'
  );
}

/** Selected classes whose events could not be read: each once. Those that are registered were checked before. */
function findUnsound(listeners: readonly Listener[]): string[] {
  const types = listeners.flatMap(({ selections }) => selections.flatMap(({ type }) => type ?? []));
  return [...new Set(types)].flatMap((type) => {
    const definition = getEventDefinition(type);
    return definition ? faultsOf(definition) : [];
  });
}

function findUnknown(listeners: readonly Listener[], overridden: readonly string[]): string[] {
  const names = new Set(listeners.map(({ name }) => name));
  const unknown = overridden.filter((name) => !names.has(name));
  if (unknown.length === 0) return [];
  return [
    `The option 'listeners' names listeners that do not exist: ${unknown.join(', ')}. ` +
      `This application has: ${[...names].join(', ') || 'none'}.`,
  ];
}

function list(refusals: readonly string[]): string {
  const [first, ...others] = refusals;
  if (first !== undefined && others.length === 0) return first;
  return `The listeners can't start:\n${refusals.map((refusal) => `- ${refusal}`).join('\n')}`;
}
