import { inspect } from 'node:util';
import { InvalidOptionsError } from '../errors.js';

/** What an option may be, beside being left out. */
export interface OptionRule {
  /** In words: `'asc' or 'desc'`. */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

/**
 * Refuses options that would be ignored or misunderstood: unknown ones, and impossible values.
 *
 * @param call whose options they are: `fire`.
 * @returns the options; none where nothing was given.
 * @throws InvalidOptionsError
 */
export function acceptOptions<T extends object>(
  call: string,
  options: T | undefined,
  rules: Readonly<Record<keyof T & string, OptionRule>>,
): Partial<T> {
  if (options === undefined) return {};
  if (typeof options !== 'object' || (options as T | null) === null || Array.isArray(options)) {
    throw new InvalidOptionsError(
      `The options of '${call}' must be an object, not ${inspect(options)}.`,
    );
  }
  for (const [name, value] of Object.entries(options) as [keyof T & string, unknown][]) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule) {
      throw new InvalidOptionsError(
        `'${call}' has no option '${name}'. It has: ${Object.keys(rules).join(', ')}.`,
      );
    }
    if (value !== undefined && !rule.accepts(value)) {
      throw new InvalidOptionsError(
        `The option '${name}' of '${call}' must be ${rule.expected}, not ${inspect(value)}.`,
      );
    }
  }
  return options;
}
