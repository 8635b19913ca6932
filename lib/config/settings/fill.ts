import type { TProperties } from 'typebox';
import { factsOf } from '../options/option.js';
import type { Filled } from './settings.js';

/**
 * The options that a section declares, each with the configured value or else the declared default.
 * Sections within it are left out. The configuration has been checked.
 */
export function fill<S extends { properties: TProperties }>(
  section: S,
  config: unknown,
): Filled<S> {
  const given = new Map<string, unknown>(Object.entries(config ?? {}));
  const filled: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(section.properties)) {
    const value = factsOf(schema)?.default;
    // Only options have defaults.
    if (value === undefined) continue;
    filled[name] = given.get(name) === undefined ? value : given.get(name);
  }
  return filled as Filled<S>;
}
