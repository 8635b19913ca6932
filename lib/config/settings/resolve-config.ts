import { readEnvironment, VARIABLES } from '../sources/environment.js';
import { featuresHere, type LightbusFeature } from '../checks/features.js';
import { combineConfigs } from './combine-configs.js';
import { fill } from './fill.js';
import { fillRedis } from './fill-redis.js';
import { loadConfigs, NO_CONFIG } from '../sources/load-config.js';
import { mergeSources, type MergedOptions } from '../sources/merge-sources.js';
import type { LightbusModuleOptions } from '../sources/module-options.js';
import { expandName, makePlaceholders } from '../options/name-template.js';
import { COMMAND_LINE_SOURCE, throwProblems } from '../checks/problems.js';
import { resolveApi, resolveBus, type ProcessNames } from './resolve-settings.js';
import { rootOptions, type LightbusConfig } from '../options/root.options.js';
import type { ApiSettings, ResolvedConfig } from './settings.js';
import { collectRemarks, collectWarnings, type WarningFacts } from '../checks/warnings.js';

/** What errors call the environment. */
const ENVIRONMENT_SOURCE = 'environment';

/** What errors call the file that was found, because nothing named one. */
const FOUND_SOURCE = 'current folder';

/** Options that a command line sets; stronger than those of the module. */
export interface CommandLineOptions extends Pick<
  LightbusModuleOptions,
  'config' | 'serviceName' | 'processName'
> {
  /** May name Python's, too. */
  readonly features?: readonly LightbusFeature[];
}

/**
 * Puts the configuration together. Strongest first: command line, module options, environment
 * (`LIGHTBUS_CONFIG`, `LIGHTBUS_SERVICE_NAME`, `LIGHTBUS_PROCESS_NAME`, `LIGHTBUS_FEATURES`), file,
 * defaults. Only of Redis the file is stronger: the option `redis`, and `LIGHTBUS_REDIS_URL`, are for the places for
 * which it names none.
 *
 * @param environment also fills in the variables of the file.
 * @param found the file to take where none of these names a configuration.
 * @throws ConfigurationError that lists everything that is wrong in any of them.
 */
export async function resolveConfig(
  options: LightbusModuleOptions = {},
  environment: NodeJS.ProcessEnv = process.env,
  commandLine: CommandLineOptions = {},
  found?: string,
): Promise<ResolvedConfig> {
  const merged = mergeSources([
    { name: COMMAND_LINE_SOURCE, options: commandLine },
    { name: 'LightbusModule options', options },
    { name: ENVIRONMENT_SOURCE, options: readEnvironment(environment), names: VARIABLES },
    { name: FOUND_SOURCE, options: { config: found } },
  ]);
  const configFrom = merged.setBy.get('config');
  const loaded =
    configFrom === undefined
      ? []
      : await loadConfigs(merged.options.config, configFrom, environment);
  const { config, problems, ...facts } = combineConfigs(loaded);
  throwProblems([...merged.problems, ...problems]);
  return settle(merged.options, config, {
    ...facts,
    isFound: configFrom === FOUND_SOURCE,
    redisFrom: redisFrom(merged),
    source: loaded.length === 0 ? NO_CONFIG.source : facts.source,
  });
}

/** What the URL of Redis is called where it was given. */
function redisFrom({ setBy }: MergedOptions): string | undefined {
  const source = setBy.get('redis');
  return source === ENVIRONMENT_SOURCE ? VARIABLES.redis : source && 'forRoot({ redis })';
}

function settle(
  options: LightbusModuleOptions,
  given: LightbusConfig,
  facts: Pick<WarningFacts, 'source' | 'empty' | 'unused' | 'redisFrom'> &
    Pick<ResolvedConfig, 'configArguments' | 'isFound'>,
): ResolvedConfig {
  const { config, ...use } = fillRedis(given, options.redis);
  const names = fill(rootOptions, config);
  const serviceName = options.serviceName ?? names.service_name;
  const processName = options.processName ?? names.process_name;
  const namedFeatures = options.features ?? ['events'];
  const features = featuresHere(namedFeatures);
  const placeholders = makePlaceholders();
  const expanded: ProcessNames = {
    serviceName: expandName(serviceName, placeholders),
    processName: expandName(processName, placeholders),
    expand: (template) => expandName(template, placeholders),
  };
  const warned: WarningFacts = {
    ...{ ...facts, ...use, config: given, serviceName, processName },
    runsListeners: features.includes('events'),
    features: namedFeatures,
  };
  return {
    serviceName: expanded.serviceName,
    processName: expanded.processName,
    features,
    inheritAppConfig: options.inheritAppConfig ?? false,
    strictListeners: options.strictListeners ?? true,
    listeners: options.listeners ?? {},
    source: facts.source,
    isFound: facts.isFound,
    redisFrom: use.isTaken ? facts.redisFrom : undefined,
    configArguments: facts.configArguments,
    bus: resolveBus(config.bus),
    ...resolveApis(config.apis, expanded),
    warnings: collectWarnings(warned),
    remarks: collectRemarks(warned),
  };
}

function resolveApis(
  configs: LightbusConfig['apis'],
  names: ProcessNames,
): Pick<ResolvedConfig, 'apiNames' | 'apiConfig'> {
  const sections = new Map<string, ApiSettings>(
    Object.entries(configs ?? {}).map(([name, config]) => [name, resolveApi(config, names)]),
  );
  const fallback = sections.get('default') ?? resolveApi(undefined, names);
  return {
    apiNames: [...sections.keys()].filter((name) => name !== 'default'),
    apiConfig: (apiName) => sections.get(apiName) ?? fallback,
  };
}
