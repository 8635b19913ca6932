import { table } from './table.mjs';

/** A row's result as text: medians, in brackets the ranges, and ratios to the first contender of the same round. */
export function reportOf({ name, compared, rounds, contenders }) {
  const figures = Object.keys(contenders[0].figures);
  const isCompared = (figure) => compared.includes(figure);
  const columns = (figure) => (isCompared(figure) ? [figure, 'ratio'] : [figure]);
  const titles = ['', ...figures.flatMap(columns), 'taken again', 'disturbed'];
  const rows = contenders.map(({ title, figures: found, retries, disturbed }) => [
    title,
    ...figures.flatMap((figure) =>
      isCompared(figure)
        ? [withRange(found[figure]), withRange(found[figure].ratio, 2)]
        : [number(found[figure].median)],
    ),
    retries,
    disturbed,
  ]);
  return `\n### ${name}, rounds: ${rounds}\n\n${table(titles, rows)}`;
}

function withRange({ median, min, max }, digits) {
  const text = (value) => (digits === undefined ? number(value) : value.toFixed(digits));
  return min === max ? text(median) : `${text(median)} (${text(min)} to ${text(max)})`;
}

function number(value) {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}
