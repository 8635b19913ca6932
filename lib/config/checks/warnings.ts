import {
  ignoredParameters,
  unknownParameters,
  type ConnectionParameters,
} from '../options/connection-parameters.js';
import { shorten } from './describe-found.js';
import { featuresElsewhere, type LightbusFeature } from './features.js';
import { maskText } from './mask.js';
import { editDistance } from './nearest-key.js';
import { isRandomName } from '../options/name-template.js';
import type { LightbusConfig } from '../options/root.options.js';

/** What {@link collectWarnings} looks at. */
export interface WarningFacts {
  readonly source: string;
  /** The sources that were named, and hold nothing. */
  readonly empty: readonly string[];
  readonly config: LightbusConfig;
  readonly unused: ReadonlyArray<readonly string[]>;
  readonly runsListeners: boolean;
  /** What gave a URL of Redis beside the configuration; `undefined` if nothing did. */
  readonly redisFrom: string | undefined;
  /** Whether the configuration names every Redis itself. */
  readonly isNeedless: boolean;
  /** As they were named: Python's may be among them. */
  readonly features: readonly LightbusFeature[];
  /** Names before their placeholders were filled in. */
  readonly serviceName: string;
  readonly processName: string;
}

/** What is right in a configuration that Python shares, and has no effect here, in whole sentences. */
export function collectRemarks(facts: WarningFacts): string[] {
  return [unusedKeys(facts), unusedFeatures(facts)].filter((remark) => remark !== undefined);
}

/** What works, but probably not as intended, in whole sentences. */
export function collectWarnings(facts: WarningFacts): string[] {
  const warnings = [
    ...emptySources(facts),
    unusedRedis(facts),
    ...misspeltDefaults(facts),
    ...unknownNames(facts),
  ];
  if (facts.runsListeners && isRandomName(facts.serviceName)) {
    warnings.push(
      `The service name '${facts.serviceName}' is random: listeners get new consumer groups at every ` +
        'start, and read all of history again. Set service_name.',
    );
  }
  if (facts.runsListeners && isRandomName(facts.processName)) {
    warnings.push(
      `The process name '${facts.processName}' is random: a restarted worker will not recognise what ` +
        'it had claimed, and handles it only after acknowledgement_timeout. Set process_name.',
    );
  }
  return warnings.filter((warning) => warning !== undefined);
}

function emptySources({ empty, config, redisFrom }: WarningFacts): string[] {
  const redis = redisFrom === undefined ? 'on this machine' : `of ${redisFrom}`;
  const effect =
    Object.keys(config).length === 0
      ? `the defaults are in force, with the Redis ${redis}`
      : 'it says nothing beside the others';
  return empty.map((source) => `${source} is empty: ${effect}.`);
}

function unusedKeys({ source, config, unused }: WarningFacts): string | undefined {
  const paths = [...unused.map((path) => path.join('.')), ...poolParameters(config)];
  if (paths.length === 0) return undefined;
  return `These keys of ${source} are known to Lightbus, but have no effect here: ${paths.join(', ')}.`;
}

function unusedFeatures({ features }: WarningFacts): string | undefined {
  const elsewhere = featuresElsewhere(features);
  if (elsewhere.length === 0) return undefined;
  return `These features are known to Lightbus, but do not exist here: ${elsewhere.join(', ')}.`;
}

function unusedRedis({ source, redisFrom, isNeedless }: WarningFacts): string | undefined {
  if (redisFrom === undefined || !isNeedless) return undefined;
  return `${redisFrom} has no effect: ${source} names every Redis itself, and is stronger.`;
}

function poolParameters(config: LightbusConfig): string[] {
  return connectionParameters(config).flatMap(([path, parameters]) =>
    ignoredParameters(parameters).map((name) => `${path}.${name}`),
  );
}

function unknownNames({ source, config }: WarningFacts): string[] {
  return connectionParameters(config).flatMap(([path, parameters]) =>
    unknownParameters(parameters).map(({ name, nearest }) => {
      const hint = nearest === undefined ? '' : ` Did you mean '${nearest}'?`;
      const key = shorten(maskText(name));
      return `${path}.${key} of ${source} is no option of ioredis that can be set, and has no effect.${hint}`;
    }),
  );
}

function connectionParameters(config: LightbusConfig): [path: string, ConnectionParameters][] {
  const apis = Object.entries(config.apis ?? {}).map(
    ([name, api]) => [`apis.${name}.event_transport.redis`, api?.event_transport?.redis] as const,
  );
  return [
    ['bus.schema.transport.redis', config.bus?.schema?.transport?.redis] as const,
    ...apis,
  ].map(([path, redis]) => {
    const given = redis?.connection_parameters;
    return [`${path}.connection_parameters`, typeof given === 'object' ? given : {}];
  });
}

function misspeltDefaults({ source, config }: WarningFacts): string[] {
  return Object.keys(config.apis ?? {})
    .filter((name) => name !== 'default' && editDistance(name, 'default') <= 2)
    .map(
      (name) =>
        `apis.${name} of ${source} is the section of an API of that name alone. ` +
        "Did you mean 'default', which is for all APIs?",
    );
}
