import type { ModulesContainer } from '@nestjs/core';
import type { ResolvedConfig } from '../../config/settings/settings.js';
import { getEventDefinition, type EventDefinition } from '../../event/event.decorator.js';
import { readConfig } from '../open-bus.js';
import { ownedEvents, ownOptions, scanModules } from '../run/application-modules.js';
import { isModuleNamedOrBuilt, loadModule } from '../run/load-module.js';
import type { StderrLogger } from '../stderr-logger.js';
import type { DumpSchemaOptions } from './dump-schema-options.js';

/** The events that an application registers; it is not started. @throws CommandError where there is none. */
export async function ownDefinitions(bus: string | undefined): Promise<EventDefinition[]> {
  return definitionsIn(await scanModules(await loadModule(bus)));
}

/**
 * The events that an application registers, if there is one, and the configuration that `lightbus run` would take; what
 * `forRootAsync` would make is not known.
 *
 * @throws ConfigurationError; CommandError where an application is named and can't be loaded.
 */
export async function applicationIfAny(
  options: DumpSchemaOptions,
  logger: StderrLogger,
): Promise<{ readonly config: ResolvedConfig; readonly definitions: readonly EventDefinition[] }> {
  const { bus } = options;
  const modules = isModuleNamedOrBuilt(bus) ? await scanModules(await loadModule(bus)) : undefined;
  const config = await readConfig(options, logger, modules && ownOptions(modules));
  return { config, definitions: modules ? definitionsIn(modules) : [] };
}

function definitionsIn(modules: ModulesContainer): EventDefinition[] {
  return ownedEvents(modules).flatMap((type) => getEventDefinition(type) ?? []);
}
