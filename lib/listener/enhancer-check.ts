import type { ApplicationConfig } from '@nestjs/core';
import { ListenerDefinitionError } from '../errors.js';
import type { HandlerMethod } from './listener.js';

// Nest's own keys (GUARDS_METADATA …), which its two majors export in different places.
const ENHANCER_METADATA = [
  '__guards__',
  '__interceptors__',
  '__pipes__',
  '__exceptionFilters__',
] as const;

/**
 * Refuses what Nest would leave out without a word: a guard that does not run is worse than an
 * application that does not start.
 *
 * @param config where application-wide enhancers are taken from.
 * @throws ListenerDefinitionError for an enhancer class that Nest made no instance of, and for
 *   application-wide enhancers of request or transient scope around a provider's handler.
 */
export function checkEnhancers(handler: HandlerMethod, config: ApplicationConfig): void {
  const { wrapper, methodName, method, isController } = handler;
  const type = (wrapper.instance as { constructor: { name: string } }).constructor;
  const place = `${type.name}.${methodName}`;

  // Nest makes the instances of enhancer classes when it sees the class that they are bound to.
  const injectables: ReadonlyMap<unknown, unknown> = wrapper.host?.injectables ?? new Map();
  const leftOut = classesOn([type, method]).filter((enhancer) => !injectables.has(enhancer));
  if (leftOut.length > 0) {
    throw new ListenerDefinitionError(
      `${leftOut.map(({ name }) => name).join(', ')} on ${place} would not run: Nest makes enhancers for ` +
        'providers that are classes, not for what a factory makes or a value is (nor, in the first ' +
        'releases of Nest 11, for a class under another token). Provide the class itself, or bind an instance: ' +
        `new ${leftOut[0]?.name ?? ''}(...).`,
    );
  }

  const scoped = [
    ...config.getGlobalRequestGuards(),
    ...config.getGlobalRequestInterceptors(),
    ...config.getGlobalRequestPipes(),
    ...config.getGlobalRequestFilters(),
  ];
  if (scoped.length > 0 && !isController) {
    throw new ListenerDefinitionError(
      `${scoped.map(({ name }) => String(name)).join(', ')} can't run around ${place}: Nest makes ` +
        'application-wide enhancers of request or transient scope for controllers only. Give it the ' +
        'default scope, bind it to the handler, move the handler to a controller, or leave ' +
        'inheritAppConfig off.',
    );
  }
}

function classesOn(targets: readonly object[]): { readonly name: string }[] {
  return targets
    .flatMap((target) =>
      ENHANCER_METADATA.map((key) => Reflect.getMetadata(key, target) as unknown),
    )
    .flatMap((enhancers) => (Array.isArray(enhancers) ? (enhancers as unknown[]) : []))
    .filter((enhancer) => typeof enhancer === 'function');
}
