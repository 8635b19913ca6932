import type { Type } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { LightbusModule, OWNED_EVENTS } from '../../lightbus.module.js';
import { CommandError } from '../command-error.js';
import type { LoadedModule } from './load-module.js';

/**
 * The modules of an application, found without making any of its providers: nothing connects,
 * nothing starts.
 *
 * @throws CommandError where LightbusModule is not among them.
 */
export async function scanModules({ module, file, name }: LoadedModule): Promise<ModulesContainer> {
  const preview = await NestFactory.createApplicationContext(module, {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  const modules = preview.get(ModulesContainer);
  const types = [...modules.values()].map(({ metatype }) => metatype);
  if (types.includes(LightbusModule)) return modules;
  if (types.some((type) => type.name === LightbusModule.name)) {
    throw new CommandError(
      `${name} of ${file} uses another copy of nestjs-lightbus than this command. Run the command ` +
        "that is installed with the application: 'npx lightbus' in its folder.",
    );
  }
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
