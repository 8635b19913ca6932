import type { ConfigurationProblem } from '../../errors.js';
import { checkModuleOptions } from '../checks/check-module-options.js';
import { describeFound, isPlainObject } from '../checks/describe-found.js';
import type { LightbusModuleOptions } from './module-options.js';
import { problemsOf } from '../checks/problems.js';

/** A place that options come from. */
export interface OptionSource {
  /** What errors call it. */
  readonly name: string;
  /** Not checked yet. */
  readonly options: unknown;
  /** What options are called there, where they have other names. */
  readonly names?: Readonly<Record<string, string>>;
}

/** The options in force, and what is wrong with them. */
export interface MergedOptions {
  /** To be used only where there are no problems. */
  readonly options: LightbusModuleOptions;
  /** What each option that is set was set by: the name of its source. */
  readonly setBy: ReadonlyMap<string, string>;
  readonly problems: readonly ConfigurationProblem[];
}

/**
 * Takes each option from the strongest source that has it. What is overridden is not checked: a
 * variable that a Python service shares may hold what only Python knows.
 */
export function mergeSources(strongestFirst: readonly OptionSource[]): MergedOptions {
  const problems: ConfigurationProblem[] = [];
  const values = new Map<string, unknown>();
  const setBy = new Map<string, string>();
  for (const { name, options, names } of strongestFirst) {
    if (!isPlainObject(options)) {
      const found = describeFound(options);
      problems.push({ source: name, path: '', expected: 'an object with options', found });
      continue;
    }
    const news = Object.entries(options).filter(
      ([option, value]) => value !== undefined && !values.has(option),
    );
    for (const [option, value] of news) {
      values.set(option, value);
      setBy.set(option, name);
    }
    const findings = checkModuleOptions(Object.fromEntries(news));
    problems.push(...problemsOf(name, findings, { names }));
  }
  return { options: Object.fromEntries(values), setBy, problems };
}
