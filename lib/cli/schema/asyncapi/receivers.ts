import type { ModulesContainer } from '@nestjs/core';
import { lookUpHandlers } from '../../../listener/handler-lookup.js';
import { eventHandlers, type ListenerSelection } from '../../../listener/handler-registry.js';

/** A listener of an application, as its decorator says it. */
export interface Receiver {
  /** `listenerName`: the second half of the consumer group's name. */
  readonly listenerName: string;
  /** `Stock.reserve`. */
  readonly place: string;
  readonly selections: readonly ListenerSelection[];
}

/**
 * The `@OnEvent` methods of an application's providers and controllers, of which none has been made. What a factory
 * makes is not known without calling it.
 */
export function findReceivers(modules: ModulesContainer): Receiver[] {
  const hosts = [...modules.values()].flatMap(({ providers, controllers }) => [
    ...providers.values(),
    ...controllers.values(),
  ]);
  const methods = new Map<object, Receiver[]>();
  for (const { instance, isAlias } of hosts) {
    if (isAlias || typeof instance !== 'object' || instance === null) continue;
    const { constructor: type } = instance as { readonly constructor: { readonly name: string } };
    for (const { record, methodName } of lookUpHandlers(instance, eventHandlers).found) {
      const place = `${type.name}.${methodName}`;
      const receivers = record.metadata.map(({ options, selections }) => {
        return { listenerName: options.listenerName, place, selections };
      });
      methods.set(record, receivers);
    }
  }
  return [...methods.values()].flat();
}
