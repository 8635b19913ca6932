import { readFileSync, writeFileSync } from 'node:fs';
import { renderAclSection } from './acl-section.js';
import { renderListenerOptions } from './listener-options.js';
import { renderOptionsTable, renderOptionsWithoutEffect } from './options-table.js';
import { fillPart, renderSpeed } from './performance.js';

/** Parts of pages that are made of the code, by what stands in their `<!-- part -->`. */
const PARTS: readonly { page: string; part: string; render: () => string }[] = [
  { page: 'docs/configuration.md', part: 'options', render: renderOptionsTable },
  {
    page: 'docs/configuration-without-effect.md',
    part: 'options without effect',
    render: renderOptionsWithoutEffect,
  },
  { page: 'docs/delivery.md', part: 'listener options', render: renderListenerOptions },
  { page: 'docs/redis.md', part: 'acl', render: renderAclSection },
  { page: 'docs/performance.md', part: 'speed', render: renderSpeed },
];

/** The pages that have generated parts. */
export const GENERATED_PAGES = [...new Set(PARTS.map(({ page }) => page))];

/** A page as it is, and as it should be. */
export function generatedPage(page: string): { found: string; expected: string } {
  const found = readFileSync(page, 'utf8');
  const expected = PARTS.filter((part) => part.page === page).reduce(
    (text, { part, render }) => fillPart(text, part, render(), page),
    found,
  );
  return { found, expected };
}

/** Brings a page up to date. */
export function updatePage(page: string): void {
  writeFileSync(page, generatedPage(page).expected);
}
