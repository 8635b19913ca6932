import type { LightbusModuleOptions } from './module-options.js';

/** The environment variables that are read, and the option that each of them sets. */
export const VARIABLES = {
  config: 'LIGHTBUS_CONFIG',
  redis: 'LIGHTBUS_REDIS_URL',
  serviceName: 'LIGHTBUS_SERVICE_NAME',
  processName: 'LIGHTBUS_PROCESS_NAME',
  features: 'LIGHTBUS_FEATURES',
} as const satisfies Partial<Record<keyof LightbusModuleOptions, string>>;

/** The options that environment variables can set. */
export type EnvironmentOptions = Partial<Record<keyof typeof VARIABLES, string | string[]>>;

/**
 * The options that the environment sets, not checked yet. An empty variable counts as not set,
 * except `LIGHTBUS_FEATURES`, where it means no features.
 */
export function readEnvironment(environment: NodeJS.ProcessEnv): EnvironmentOptions {
  const features = environment[VARIABLES.features];
  return {
    config: read(environment, 'config'),
    redis: read(environment, 'redis'),
    serviceName: read(environment, 'serviceName'),
    processName: read(environment, 'processName'),
    features: features
      ?.split(',')
      .map((name) => name.trim())
      .filter(Boolean),
  };
}

function read(environment: NodeJS.ProcessEnv, option: keyof typeof VARIABLES): string | undefined {
  return environment[VARIABLES[option]]?.trim() || undefined;
}

/** The built module file that the `lightbus` command loads where `--bus` says nothing, as in Lightbus. */
export function moduleFileFromEnvironment(
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  return environment.LIGHTBUS_MODULE?.trim() || undefined;
}

/** Whether npx or an npm script has started this process, or a process above it. */
export function isStartedByNpm(environment: NodeJS.ProcessEnv = process.env): boolean {
  return environment.npm_lifecycle_event !== undefined;
}

/** Whether `NODE_ENV` says that this process is in production. */
export function isProduction(environment: NodeJS.ProcessEnv = process.env): boolean {
  return environment.NODE_ENV?.trim().toLowerCase() === 'production';
}
