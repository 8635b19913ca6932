import type { ModuleMetadata } from '@nestjs/common';
import { ConfigurationError } from '../errors.js';

/**
 * What `Test.createTestingModule` of `@nestjs/testing` 11 and 12 returns, as far as it is needed here: who uses none
 * of it needs no `@nestjs/testing`.
 */
export interface TestingBuilder {
  /** Scans the modules, and makes their providers. */
  compile(options?: object): Promise<unknown>;
  /** Puts another module in the place of one. */
  overrideModule(module: NonNullable<ModuleMetadata['imports']>[number]): {
    useModule(replacement: NonNullable<ModuleMetadata['imports']>[number]): unknown;
  };
}

/** Nest's own reading of what is imported. */
export interface ModuleCompiler {
  /** Takes a class or a dynamic module apart. */
  extractMetadata(definition: unknown): unknown;
  /** Nest 11.1 and later: the same answer each time, also where the function makes a dynamic module. */
  resolveForwardReference?(reference: object): unknown;
}

/** Where Nest keeps the modules of an application. */
export interface ModuleContainer {
  getModuleCompiler(): ModuleCompiler;
  /** Takes in a module, unless it is there. */
  addModule(imported: unknown, ...place: unknown[]): unknown;
  /** Takes in another module in its place, whether one is there or not. */
  replaceModule(imported: unknown, replacement: unknown, ...place: unknown[]): unknown;
}

/** What the builder shows nobody. It has been so since Nest 10. */
export interface BuilderInternals {
  /** The root module, which imports what the test has given. */
  readonly module: object;
  /** What `overrideModule` was told. */
  readonly moduleOverloadsMap: ReadonlyMap<unknown, unknown>;
  readonly container: ModuleContainer;
}

/** @throws ConfigurationError where it is no such builder, naming the function that was given it. */
export function internalsOf(builder: TestingBuilder, caller: string): BuilderInternals {
  const { module, moduleOverloadsMap, container } = Object(builder) as Partial<BuilderInternals>;
  if (
    typeof module === 'function' &&
    moduleOverloadsMap instanceof Map &&
    typeof container?.getModuleCompiler === 'function'
  ) {
    return { module, moduleOverloadsMap, container };
  }
  throw new ConfigurationError(
    `${caller} takes what Test.createTestingModule of @nestjs/testing 11 or 12 returns, before compile() is called: ` +
      `const module = await ${caller}(Test.createTestingModule({ imports: [AppModule] })).compile().`,
  );
}
