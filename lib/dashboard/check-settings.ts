import { checkOptions, wrong, type Check } from '../config/checks/check-options.js';
import type { Finding } from '../config/checks/check-config.js';
import { problemsOf, throwProblems } from '../config/checks/problems.js';
import type { LightbusDashboardSettings } from './dashboard-options.js';

/** Short ones can be guessed from a token and its cookie. */
const SECRET_LENGTH = 32;

const CHECKS: Readonly<Record<keyof LightbusDashboardSettings, Check>> = {
  actions: (value) => unless(typeof value === 'boolean', 'true or false', value),
  mask: (value) =>
    unless(typeof value === 'function', 'a function (event, payload) => payload', value),
  secret: (value) => {
    if (typeof value === 'string' && value.length >= SECRET_LENGTH) return [];
    const found = typeof value === 'string' ? `a text of ${value.length}` : typeof value;
    return [{ path: [], expected: `a text of ${SECRET_LENGTH} characters or more`, found }];
  },
};

/** @throws ConfigurationError with everything that is wrong. */
export function checkSettings(given: unknown): LightbusDashboardSettings {
  throwProblems(problemsOf('LightbusDashboardModule', checkOptions(given, CHECKS)));
  return given as LightbusDashboardSettings;
}

function unless(isRight: boolean, expected: string, value: unknown): readonly Finding[] {
  return isRight ? [] : [wrong(expected, value)];
}
