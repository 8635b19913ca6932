import type { Finding } from './check-config.js';
import { describeFound, isPlainObject, shorten } from './describe-found.js';
import { nearestTo } from './nearest-key.js';

/** What is wrong with the value of one option; paths begin inside the value. */
export type Check = (value: unknown) => readonly Finding[];

/**
 * Checks options that are given in code, by name: unknown ones, and impossible values. One that is
 * `undefined` is left out.
 */
export function checkOptions(
  options: unknown,
  checks: Readonly<Record<string, Check>>,
): readonly Finding[] {
  const names = Object.keys(checks);
  if (!isPlainObject(options)) return [wrong(`an object (keys: ${names.join(', ')})`, options)];
  return Object.keys(options).flatMap((name): readonly Finding[] => {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check) return options[name] === undefined ? [] : within(name, check(options[name]));
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

/** The finding that a value is not what it must be. */
export function wrong(expected: string, value: unknown): Finding {
  return { path: [], expected, found: describeFound(value) };
}

/** Findings inside the value of an option, as findings of the options. */
export function within(name: string, findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding) => ({ ...finding, path: [name, ...finding.path] }));
}
