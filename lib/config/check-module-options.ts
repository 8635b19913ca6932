import type { Finding } from './check-config.js';
import { describeFound, isPlainObject, shorten } from './describe-found.js';
import { FEATURES, LIGHTBUS_FEATURES } from './features.js';
import type { LightbusModuleOptions, ListenerOverrides } from './module-options.js';
import { checkNameTemplate } from './name-template.js';
import { nearestTo } from './nearest-key.js';
import type { Violation } from './option.js';

type Check = (value: unknown) => readonly Finding[];

const FAILURE_MODES = ['retry', 'shutdown', 'acknowledge_and_log', 'dead_letter'] as const;

// `config` is checked where it is loaded.
const MODULE_OPTIONS: Readonly<Record<keyof LightbusModuleOptions, Check>> = {
  config: () => [],
  serviceName: checkName,
  processName: checkName,
  features: checkFeatures,
  listeners: checkListeners,
  inheritAppConfig: (value) => (typeof value === 'boolean' ? [] : [wrong('true or false', value)]),
};

const LISTENER_OVERRIDES: Readonly<Record<keyof ListenerOverrides, Check>> = {
  since: checkSince,
  onError: (value) =>
    (FAILURE_MODES as readonly unknown[]).includes(value)
      ? []
      : [wrong(FAILURE_MODES.map((mode) => `'${mode}'`).join(' or '), value)],
  maxAttempts: checkCount,
  timeout: checkCount,
};

/** Checks options of the module, from whichever source; paths begin with the option's name. */
export function checkModuleOptions(options: unknown): readonly Finding[] {
  return checkEach(options, MODULE_OPTIONS);
}

function checkEach(value: unknown, checks: Readonly<Record<string, Check>>): readonly Finding[] {
  const names = Object.keys(checks);
  if (!isPlainObject(value)) return [wrong(`an object (keys: ${names.join(', ')})`, value)];
  return Object.keys(value).flatMap((name): readonly Finding[] => {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check) return value[name] === undefined ? [] : within(name, check(value[name]));
    return within(name, [
      {
        path: [],
        expected: `one of the options ${names.join(', ')}`,
        found: `the unknown option '${shorten(name)}'`,
        nearest: nearestTo(name, names),
      },
    ]);
  });
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
    within(listener, checkEach(value[listener], LISTENER_OVERRIDES)),
  );
}

function checkSince(value: unknown): readonly Finding[] {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return [];
  if (typeof value === 'string' && /^(beginning|now|\d+(-\d+)?)$/.test(value)) return [];
  return [
    wrong("'beginning', 'now', a valid Date, or an entry id such as '1526919030474-0'", value),
  ];
}

function checkCount(value: unknown): readonly Finding[] {
  // The longest time that a timer of Node's can wait, in milliseconds.
  const valid = Number.isInteger(value) && (value as number) >= 1 && (value as number) < 2 ** 31;
  return valid ? [] : [wrong('a whole number from 1 to 2147483647', value)];
}

function wrong(expected: string, value: unknown): Finding {
  return { path: [], expected, found: describeFound(value) };
}

function asFindings(violation: Violation | undefined): readonly Finding[] {
  return violation ? [{ path: [], found: '', ...violation }] : [];
}

function within(name: string, findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding) => ({ ...finding, path: [name, ...finding.path] }));
}
