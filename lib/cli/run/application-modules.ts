import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Type } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import type { LightbusModuleOptions } from '../../config/sources/module-options.js';
import { LightbusModule, MODULE_OPTIONS, OWNED_EVENTS } from '../../lightbus.module.js';
import { isModuleOf } from '../../lifecycle/module-definitions.js';
import { CommandError } from '../command-error.js';
import type { LoadedModule } from './load-module.js';

/**
 * The modules of an application, found without making any of its providers: nothing connects,
 * nothing starts.
 *
 * @throws CommandError where LightbusModule is not among them, or is that of another installation.
 */
export async function scanModules({ module, file, name }: LoadedModule): Promise<ModulesContainer> {
  checkInstallation(file);
  const preview = await NestFactory.createApplicationContext(module, {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  const modules = preview.get(ModulesContainer);
  if (busModule(modules)) return modules;
  throw new CommandError(
    `${name} of ${file} does not import LightbusModule, so there is nothing to run. Add ` +
      'LightbusModule.forRoot() to its imports, or name the right module with --bus file#Export.',
  );
}

/** The event classes that an application owns: all that were given to `LightbusModule.forFeature`. */
export function ownedEvents(modules: ModulesContainer): Type<object>[] {
  const events = [...modules.values()].flatMap(
    ({ providers }) =>
      (providers.get(OWNED_EVENTS)?.instance as readonly Type<object>[] | undefined) ?? [],
  );
  return [...new Set(events)];
}

/** What an application gives to `LightbusModule.forRoot`; nothing where `forRootAsync` would have to make it. */
export function ownOptions(modules: ModulesContainer): LightbusModuleOptions {
  const options: unknown = busModule(modules)?.providers.get(MODULE_OPTIONS)?.instance;
  return (options as LightbusModuleOptions | null | undefined) ?? {};
}

function busModule(modules: ModulesContainer) {
  return [...modules.values()].find(({ metatype }) => isModuleOf(LightbusModule, metatype));
}

// Two copies of Nest or of this module don't know each other's classes.
function checkInstallation(file: string): void {
  const ours = realpathSync(fileURLToPath(new URL('../../index.js', import.meta.url)));
  const theirs = resolveFrom(file);
  if (theirs === undefined || theirs === ours) return;
  throw new CommandError(
    `${file} uses another installation of nestjs-lightbus than this command: ${theirs}, not ${ours}. ` +
      "Run the command that is installed with the application: 'npx lightbus' in its folder.",
  );
}

function resolveFrom(file: string): string | undefined {
  try {
    return realpathSync(createRequire(file).resolve('nestjs-lightbus'));
  } catch {
    // The application does not get it by its name: it may be a part of the same package.
    return undefined;
  }
}
