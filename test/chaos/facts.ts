import { existsSync, readFileSync } from 'node:fs';

/** A line that a process has written about itself. */
export type Fact = Readonly<Record<string, unknown>>;

/** Lines of a process, so far. The last one may be cut short where the process was killed in it. */
export function readFacts(file: string): Fact[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  // What follows the last line break is empty, or half of a line.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Fact);
}
