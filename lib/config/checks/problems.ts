import { ConfigurationError, type ConfigurationProblem } from '../../errors.js';
import type { Finding } from './check-config.js';

/** The source of what the `lightbus` command was given as options. */
export const COMMAND_LINE_SOURCE = 'command line';

/**
 * What was found in a source, as problems with paths and places written out.
 *
 * @param locate where in the source a key stands
 * @param names what first keys of paths are called in the source, where they have other names
 */
export function problemsOf(
  source: string,
  findings: readonly Finding[],
  {
    locate = () => undefined,
    names = {},
  }: {
    locate?: (path: readonly string[]) => string | undefined;
    names?: Readonly<Record<string, string>>;
  } = {},
): ConfigurationProblem[] {
  return findings.map(({ path, expected, found, nearest, at = locate(path) }) => {
    const [first = '', ...rest] = path;
    return {
      source: at === undefined ? source : `${source}, ${at}`,
      path: [Object.hasOwn(names, first) ? names[first] : first, ...rest].join('.'),
      expected,
      found,
      ...(nearest !== undefined && { nearest }),
    };
  });
}

/** @throws ConfigurationError that lists all problems, if there are any. */
export function throwProblems(problems: readonly ConfigurationProblem[]): void {
  if (problems.length === 0) return;
  const count = problems.length === 1 ? 'one mistake' : `${problems.length} mistakes`;
  const lines = problems.map((problem) => `  - ${describeProblem(problem)}`);
  throw new ConfigurationError(
    `The configuration of Lightbus can't be used; correct ${count} and start again.\n${lines.join('\n')}`,
    problems,
  );
}

/** A problem in one line: where, what was expected, what was found. */
export function describeProblem({
  source,
  path,
  expected,
  found,
  nearest,
}: ConfigurationProblem): string {
  const place = path === '' ? source : `${source}: ${path}`;
  const hint = nearest === undefined ? '' : ` Did you mean '${nearest}'?`;
  return `${place}: expected ${expected}; found ${found}.${hint}`;
}
