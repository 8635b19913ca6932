import type { DynamicModule } from '@nestjs/common';
import { ConfigurationError } from '../errors.js';
import { definitionOf, importsOf, isDynamicModuleOf } from '../lifecycle/module-definitions.js';
import { LightbusModule } from '../lightbus.module.js';
import { otherFolders, OWN_FOLDER } from '../listener/package-copies.js';
import { LightbusTestingModule, type LightbusTestingOptions } from './lightbus-testing.module.js';
import { internalsOf, type BuilderInternals, type TestingBuilder } from './testing-builder.js';

/** Builders that have been given a testing module, and which. */
const overridden = new WeakMap<TestingBuilder, DynamicModule>();

/**
 * Tests modules that import `LightbusModule` themselves, without any Redis: `LightbusTestingModule.forRoot(options)` takes
 * the place of every `LightbusModule.forRoot` and `forRootAsync` in them, wherever and however it is imported. Of what these
 * were given nothing is used: factories of `forRootAsync` are not called, and the modules that it imports are not made.
 * `forFeature` stays as it is.
 *
 * ```ts
 * const module = await overrideLightbus(Test.createTestingModule({ imports: [AppModule] })).compile();
 * ```
 *
 * @param builder what `Test.createTestingModule` returns.
 * @param options as of `LightbusTestingModule.forRoot`.
 * @returns the same builder. Its `compile()` rejects with a `ConfigurationError` where no module imports `LightbusModule`.
 * @throws ConfigurationError where it is no such builder.
 */
export function overrideLightbus<Builder extends TestingBuilder>(
  builder: Builder,
  options?: LightbusTestingOptions,
): Builder {
  const internals = internalsOf(builder, 'overrideLightbus');
  const isFirst = !overridden.has(builder);
  overridden.set(builder, LightbusTestingModule.forRoot(options));
  if (isFirst) {
    const compile = builder.compile.bind(builder);
    // Here, and not at once: imports may be promises, and more may be overridden meanwhile.
    builder.compile = async (...args) => {
      await replaceAll(builder, internals);
      return compile(...args);
    };
  }
  return builder;
}

async function replaceAll(builder: TestingBuilder, internals: BuilderInternals): Promise<void> {
  const testing = overridden.get(builder);
  const found = await findLightbus(internals);
  if (!testing || found.length === 0) throw nothingFound();
  const { container } = internals;
  // Whoever takes in one of them takes in the testing module, under the key of that one.
  const compiler = container.getModuleCompiler();
  const extract = compiler.extractMetadata.bind(compiler);
  compiler.extractMetadata = (definition) =>
    extract(isDynamicModuleOf(LightbusModule, definition) ? testing : definition);
  // That alone would leave what forRootAsync imports to Nest, and to override alone what it takes in before it looks for
  // overrides: imports of dynamic modules.
  for (const imported of found)
    builder.overrideModule(imported as DynamicModule).useModule(testing);
  // It would be made again wherever it is imported, also by a module that is loaded lazily.
  const replace = container.replaceModule.bind(container);
  container.replaceModule = (imported, replacement, ...place) =>
    replacement === testing
      ? container.addModule(imported, ...place)
      : replace(imported, replacement, ...place);
}

/** As they are imported: `overrideModule` goes by that. */
async function findLightbus(internals: BuilderInternals): Promise<unknown[]> {
  const { module: root, moduleOverloadsMap: overrides, container } = internals;
  const compiler = container.getModuleCompiler();
  const follow = (reference: { forwardRef(): unknown }) =>
    compiler.resolveForwardReference?.(reference) ?? reference.forwardRef();
  const found = [];
  const seen = new Set<unknown>();
  const ahead: unknown[] = [root];
  for (const imported of ahead) {
    if (seen.has(imported)) continue;
    seen.add(imported);
    const definition = await definitionOf(overrides.get(imported) ?? imported, follow);
    if (isDynamicModuleOf(LightbusModule, definition)) found.push(imported);
    else ahead.push(...importsOf(definition));
  }
  return found;
}

function nothingFound(): ConfigurationError {
  const others = otherFolders();
  const copies =
    others.length === 0
      ? ''
      : ` That of another copy of nestjs-lightbus does not count: this is ${OWN_FOLDER}, and ${others.join(', ')} is ` +
        'loaded, too. Leave one: npm ls nestjs-lightbus shows who needs which.';
  return new ConfigurationError(
    'overrideLightbus puts LightbusTestingModule in the place of LightbusModule.forRoot or forRootAsync, and none of ' +
      'the modules under test imports one. Give Test.createTestingModule the module that does, or, to test a part of ' +
      `the application, leave overrideLightbus out and import LightbusTestingModule.forRoot() beside it.${copies}`,
  );
}
