import type { ApplicationConfig } from '@nestjs/core';
import { describeMethod, type HandlerMethod } from './listener.js';

// Nest's own keys (GUARDS_METADATA …), which its two majors export in different places.
const ENHANCER_METADATA = [
  '__guards__',
  '__interceptors__',
  '__pipes__',
  '__exceptionFilters__',
] as const;

/**
 * What Nest would leave out without a word, in sentences: a guard that does not run is worse than an
 * application that does not start. That is an enhancer under a decorator that hides it, an enhancer
 * class that Nest made no instance of, and application-wide enhancers of request or transient scope
 * around a provider's handler.
 *
 * @param config where application-wide enhancers are taken from.
 */
export function checkEnhancers(handler: HandlerMethod, config: ApplicationConfig): string[] {
  return [findHidden(handler), findNotMade(handler), findScoped(handler, config)].flat();
}

// Nest looks for enhancers on the function that it calls, and on no other that this one calls.
function findHidden(handler: HandlerMethod): string[] {
  const { record, method } = handler;
  const seen = method ? enhancersOn(method) : [];
  const hidden = new Set(
    [...record.functions].flatMap(enhancersOn).filter((enhancer) => !seen.includes(enhancer)),
  );
  if (hidden.size === 0) return [];
  return [
    `${[...hidden].map(nameOf).join(', ')} would not run around ${describeMethod(handler)}: a decorator ` +
      'above has put another function in the place of the one that they are bound to. Put that ' +
      'decorator below them, next to the method.',
  ];
}

// Nest makes the instances of enhancer classes when it sees the class that they are bound to.
function findNotMade(handler: HandlerMethod): string[] {
  const { wrapper, method } = handler;
  const injectables: ReadonlyMap<unknown, unknown> = wrapper.host?.injectables ?? new Map();
  const targets = [wrapper.instance.constructor, ...(method ? [method] : [])];
  const leftOut = targets
    .flatMap(enhancersOn)
    .filter((enhancer) => typeof enhancer === 'function' && !injectables.has(enhancer));
  if (leftOut.length === 0) return [];
  return [
    `${leftOut.map(nameOf).join(', ')} on ${describeMethod(handler)} would not run: Nest makes ` +
      'enhancers for providers that are classes, not for what a factory makes or a value is (nor, in ' +
      'the first releases of Nest 11, for a class under another token). Provide the class itself, or ' +
      `bind an instance: new ${nameOf(leftOut[0])}(...).`,
  ];
}

function findScoped(handler: HandlerMethod, config: ApplicationConfig): string[] {
  const scoped = [
    ...config.getGlobalRequestGuards(),
    ...config.getGlobalRequestInterceptors(),
    ...config.getGlobalRequestPipes(),
    ...config.getGlobalRequestFilters(),
  ];
  if (scoped.length === 0 || handler.isController) return [];
  return [
    `${scoped.map(({ name }) => String(name)).join(', ')} can't run around ${describeMethod(handler)}: ` +
      'Nest makes application-wide enhancers of request or transient scope for controllers only. Give ' +
      'it the default scope, bind it to the handler, move the handler to a controller, or leave ' +
      'inheritAppConfig off.',
  ];
}

/**
 * Whether anything is to run around a handler.
 *
 * @param callback the function that is called, with what decorators said of the method.
 */
export function hasEnhancers(
  { wrapper }: HandlerMethod,
  callback: object,
  config: ApplicationConfig,
): boolean {
  const applicationWide = [
    ...[config.getGlobalGuards(), config.getGlobalRequestGuards()],
    ...[config.getGlobalInterceptors(), config.getGlobalRequestInterceptors()],
    ...[config.getGlobalPipes(), config.getGlobalRequestPipes()],
    ...[config.getGlobalFilters(), config.getGlobalRequestFilters()],
  ];
  // Nest goes by the class that it has made the instance of, whatever the instance says.
  const { metatype, instance } = wrapper;
  const bound = [instance.constructor, callback, ...(metatype ? [metatype] : [])];
  return [...applicationWide, ...bound.map(enhancersOn)].some(({ length }) => length > 0);
}

function enhancersOn(target: object): unknown[] {
  return ENHANCER_METADATA.flatMap((key) => {
    const enhancers: unknown = Reflect.getMetadata(key, target);
    return Array.isArray(enhancers) ? (enhancers as unknown[]) : [];
  });
}

function nameOf(enhancer: unknown): string {
  const type = typeof enhancer === 'function' ? enhancer : (enhancer as object).constructor;
  return type.name;
}
