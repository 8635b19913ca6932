import { InvalidArgumentError } from 'commander';

/** Whether an event's version is asked for. */
export type VersionTest = (version: number) => boolean;

const COMPARISONS: Readonly<Record<string, (version: number, bound: number) => boolean>> = {
  '': (version, bound) => version === bound,
  '<': (version, bound) => version < bound,
  '>': (version, bound) => version > bound,
  '<=': (version, bound) => version <= bound,
  '>=': (version, bound) => version >= bound,
};

/** Parses `--version`: a number, which `<`, `>`, `<=` or `>=` may precede. @throws InvalidArgumentError */
export function parseVersionRange(text: string): VersionTest {
  const [, operator = '', digits] = /^\s*([<>]=?|)\s*(-?\d+)\s*$/.exec(text) ?? [];
  const compare = COMPARISONS[operator];
  if (digits === undefined || !compare) {
    throw new InvalidArgumentError("Expected a version such as 2, '<3' or '>=2'.");
  }
  return (version) => compare(version, Number(digits));
}
