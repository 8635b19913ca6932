import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { renderCharts } from './performance-chart.js';
import { readAnchors, readResults } from './performance-results.js';
import {
  renderCosts,
  renderEnvironment,
  renderGrowth,
  renderHeap,
  renderKeyRatios,
  renderRatios,
} from './performance-tables.js';

const PAGE = 'docs/performance.md';
const DIR = 'docs/performance';

/** What matters most about speed. */
export function renderSpeed(): string {
  return renderKeyRatios(readResults());
}

/** The page and the charts as the saved results have them, by path. */
export function performanceAsGenerated(): Map<string, string> {
  const results = readResults();
  const anchors = readAnchors();
  const parts = {
    environment: renderEnvironment(results),
    ratios: renderRatios(results, anchors),
    costs: renderCosts(results),
    growth: renderGrowth(results),
    heap: renderHeap(results),
  };
  let page = readFileSync(PAGE, 'utf8');
  for (const [name, text] of Object.entries(parts)) page = fillPart(page, name, text, PAGE);
  const files = new Map([[PAGE, page]]);
  for (const [name, svg] of renderCharts(results, anchors)) files.set(`${DIR}/${name}`, svg);
  return files;
}

/** Both as they are, by path. */
export function readPerformance(): Map<string, string> {
  const charts = readdirSync(DIR).filter((name) => name.endsWith('.svg'));
  const paths = [PAGE, ...charts.map((name) => `${DIR}/${name}`)];
  return new Map(paths.map((path) => [path, readFileSync(path, 'utf8')]));
}

/** Brings both up to date. */
export function writePerformance(): void {
  for (const [path, text] of performanceAsGenerated()) writeFileSync(path, text);
}

/** @returns a page with a part of it, between `<!-- part -->` and `<!-- /part -->`, replaced. */
export function fillPart(page: string, part: string, text: string, name: string): string {
  const [begin, end] = [`<!-- ${part} -->`, `<!-- /${part} -->`];
  const [before, rest = ''] = page.split(begin);
  const [, after] = rest.split(end);
  if (after === undefined) throw new Error(`${name} has no '${begin}' and '${end}'.`);
  return `${before}${begin}\n\n${text}\n${end}${after}`;
}
