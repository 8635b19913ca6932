import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { ConfigurationError } from '../errors.js';
import { definitionOf, importsOf, isDynamicModuleOf } from './module-definitions.js';

/** The class that `Test.createTestingModule` makes, of Nest 11 and 12: what it is given is imported by that. */
const ROOT_OF_TESTS = 'RootTestModule';

const allowed = new WeakSet<object>();

/** The test whose root module this is may use a real Redis. */
export function allowRedis(root: object): void {
  allowed.add(root);
}

/**
 * Whether an application is one of a test whose author has not said that it may use a real Redis: who imports
 * `LightbusModule` in `Test.createTestingModule` itself has chosen the configuration, but who imports a module that
 * imports it may not know of it.
 *
 * @param modules those of the application.
 * @param lightbus the class of `LightbusModule`.
 */
export async function isTestByMistake(
  modules: ModulesContainer,
  lightbus: Type<object>,
): Promise<boolean> {
  // Nest's own module is the first, and the root the second.
  const [, root] = modules.values();
  if (root?.metatype.name !== ROOT_OF_TESTS || allowed.has(root.metatype)) return false;
  const imported = await Promise.all(importsOf(root.metatype).map((one) => definitionOf(one)));
  return !imported.some((definition) => isDynamicModuleOf(lightbus, definition));
}

/** @param place where the test would have connected to, without secrets. */
export function redisByMistake(place: string): ConfigurationError {
  return new ConfigurationError(
    `This test would use the Redis at ${place}, and write there: a module under test imports LightbusModule. ` +
      'As that may be a mistake, it is refused, and nothing was connected. To keep the events in memory: ' +
      'overrideLightbus(Test.createTestingModule(...)). To use that Redis on purpose: ' +
      'allowRealRedis(Test.createTestingModule(...)). Both are in nestjs-lightbus/testing.',
  );
}
