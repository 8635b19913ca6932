import { readFileSync, writeFileSync } from 'node:fs';
import { renderOptionsTable } from './options-table.js';
import { renderAclSection } from './acl-section.js';
import { renderListenerOptions } from './listener-options.js';
import { fillPart, renderSpeed } from './performance.js';

const README = 'README.md';

/** The README with its generated parts as the code has them. */
export function readmeAsGenerated(readme: string): string {
  const withOptions = fill(readme, 'options', renderOptionsTable());
  const withListeners = fill(withOptions, 'listener options', renderListenerOptions());
  const withAcl = fill(withListeners, 'acl', renderAclSection());
  return fill(withAcl, 'speed', renderSpeed());
}

/** The README as it is. */
export function readReadme(): string {
  return readFileSync(README, 'utf8');
}

/** Brings the README's generated parts up to date. */
export function writeReadme(): void {
  writeFileSync(README, readmeAsGenerated(readReadme()));
}

function fill(readme: string, part: string, text: string): string {
  return fillPart(readme, part, text, README);
}
