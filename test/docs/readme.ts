import { readFileSync, writeFileSync } from 'node:fs';
import { renderOptionsTable } from '../../lib/config/options-table.js';

const README = 'README.md';
const BEGIN = '<!-- options -->';
const END = '<!-- /options -->';

/** The README with its table of options as the declarations have it. */
export function readmeWithOptions(readme: string): string {
  const [before, rest = ''] = readme.split(BEGIN);
  const [, after] = rest.split(END);
  if (after === undefined) throw new Error(`${README} has no '${BEGIN}' and '${END}'.`);
  return `${before}${BEGIN}\n\n${renderOptionsTable()}\n${END}${after}`;
}

/** The README as it is. */
export function readReadme(): string {
  return readFileSync(README, 'utf8');
}

/** Brings the README's table up to date. */
export function writeReadme(): void {
  writeFileSync(README, readmeWithOptions(readReadme()));
}
