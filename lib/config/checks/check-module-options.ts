import type { Finding } from './check-config.js';
import { checkOptions, within, wrong, type Check } from './check-options.js';
import { isPlainObject } from './describe-found.js';
import { FEATURES, LIGHTBUS_FEATURES } from './features.js';
import { checkOverrides } from '../options/listener.options.js';
import type { LightbusModuleOptions } from '../sources/module-options.js';
import { checkNameTemplate } from '../options/name-template.js';
import { nearestTo } from './nearest-key.js';
import type { Violation } from '../options/option.js';
import { checkRedisUrl, REDIS_URL_FORMS } from '../options/redis-url.js';

// `config` is checked where it is loaded.
const MODULE_OPTIONS: Readonly<Record<keyof LightbusModuleOptions, Check>> = {
  config: () => [],
  redis: checkRedis,
  serviceName: checkName,
  processName: checkName,
  features: checkFeatures,
  listeners: checkListeners,
  inheritAppConfig: checkSwitch,
  strictListeners: checkSwitch,
};

/** Checks options of the module, from whichever source; paths begin with the option's name. */
export function checkModuleOptions(options: unknown): readonly Finding[] {
  return checkOptions(options, MODULE_OPTIONS);
}

function checkSwitch(value: unknown): readonly Finding[] {
  return typeof value === 'boolean' ? [] : [wrong('true or false', value)];
}

function checkRedis(value: unknown): readonly Finding[] {
  if (typeof value !== 'string') return [wrong(REDIS_URL_FORMS, value)];
  return asFindings(checkRedisUrl(value));
}

function checkName(value: unknown): readonly Finding[] {
  if (typeof value !== 'string') return [wrong('a name', value)];
  return asFindings(checkNameTemplate(value));
}

function checkFeatures(value: unknown): readonly Finding[] {
  const expected = `a list of features (${FEATURES.join(', ')}), empty for a process that only fires`;
  if (!Array.isArray(value)) return [wrong(expected, value)];
  return value
    .filter((feature) => !(LIGHTBUS_FEATURES as readonly unknown[]).includes(feature))
    .map((feature: unknown) => ({
      ...wrong(expected, feature),
      nearest: nearestTo(String(feature), LIGHTBUS_FEATURES),
    }));
}

function checkListeners(value: unknown): readonly Finding[] {
  if (!isPlainObject(value)) return [wrong('an object with overrides by listener name', value)];
  return Object.keys(value).flatMap((listener) =>
    within(listener, checkOverrides(value[listener])),
  );
}

function asFindings(violation: Violation | undefined): readonly Finding[] {
  return violation ? [{ path: [], found: '', ...violation }] : [];
}
