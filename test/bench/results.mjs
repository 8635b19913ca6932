import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { ratiosWithinRounds, summary } from './statistics.mjs';

const DIR = new URL('../../docs/performance/', import.meta.url);
const FILE = new URL('results.json', DIR);

/**
 * What a row has come to: of each contender and figure median and range, and the same of its ratios to the first
 * contender.
 */
export function resultOf({ group, name, better, compared }, runs, { mode, rounds }) {
  const [base] = runs;
  return {
    ...{ group, name, better, compared, mode, rounds, date: new Date().toISOString().slice(0, 10) },
    contenders: runs.map(({ title, samples }) => ({
      title,
      figures: Object.fromEntries(
        Object.keys(samples[0].figures).map((figure) => {
          const of = ({ samples }) => samples.map(({ figures }) => figures[figure]);
          const values = summary(of({ samples }));
          if (!compared.includes(figure)) return [figure, values];
          return [
            figure,
            { ...values, ratio: summary(ratiosWithinRounds(of({ samples }), of(base))) },
          ];
        }),
      ),
      retries: samples.reduce((sum, { retries }) => sum + retries, 0),
      disturbed: samples.filter(({ disturbed }) => disturbed).length,
      // Whoever loses one has no result.
      lost: 0,
    })),
  };
}

/**
 * Writes rows to `docs/performance/results.json`, in the place of those of the same names.
 *
 * @throws Error where those that stay there were measured elsewhere.
 */
export function saveResults(environment, results) {
  const saved = existsSync(FILE)
    ? JSON.parse(readFileSync(FILE, 'utf8'))
    : { environment, rows: [] };
  const names = new Set(results.map(({ name }) => name));
  const kept = saved.rows.filter(({ name }) => !names.has(name));
  if (kept.length > 0 && !isDeepStrictEqual(saved.environment, environment)) {
    throw new Error(
      'The saved rows were measured on something else: measure all of them together.',
    );
  }
  mkdirSync(DIR, { recursive: true });
  const rows = [...kept, ...results];
  const text = JSON.stringify({ environment, rows: rows.map(shortened) }, null, 2);
  // Medians and ranges are easier to read on one line.
  const compact = text.replaceAll(/\{[^{}]*\}/g, (object) => object.replaceAll(/\s+/g, ' '));
  writeFileSync(FILE, `${compact}\n`);
}

/** Six digits are enough for a reader. */
function shortened(value) {
  if (typeof value === 'number') return Number(value.toPrecision(6));
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shortened(one)]));
}
