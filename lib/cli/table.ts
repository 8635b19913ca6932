import stringWidth from 'string-width';

const GAP = '  ';

/** A column that is cut is not cut below this. */
const NARROWEST = 4;

const segmenter = new Intl.Segmenter();

/** A text that takes at most `width` columns; `…` stands for what was cut. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  return `${beginning(text, width - 1)}…`;
}

/** As much of a text as takes at most `width` columns. */
export function beginning(text: string, width: number): string {
  return fitting(charactersOf(text), width).join('');
}

/** The same, cut in the middle: names differ at their ends. */
export function cutMiddle(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  const start = cut(text, Math.ceil(width / 2));
  const end = fitting(charactersOf(text).reverse(), width - stringWidth(start));
  return start + end.reverse().join('');
}

/** What a reader takes for one character may be several of Unicode's, and has one width. */
function charactersOf(text: string): string[] {
  return [...segmenter.segment(text)].map(({ segment }) => segment);
}

/** As many of the first characters as fit into so many columns. */
function fitting(characters: readonly string[], width: number): string[] {
  let used = 0;
  const end = characters.findIndex((character) => (used += stringWidth(character)) > width);
  return characters.slice(0, end < 0 ? undefined : end);
}

/**
 * A head and rows in columns, a line each, none wider than `width` columns of the terminal. First
 * the words of the head are cut, where they are wider than what is below them, then what is widest.
 *
 * @param rows a row that is one text is a line by itself, in no column.
 */
export function layOutTable(
  head: readonly string[],
  rows: readonly (readonly string[] | string)[],
  width: number,
): string[] {
  const inColumns = rows.filter((row) => typeof row !== 'string');
  const data = head.map((_, i) =>
    Math.max(NARROWEST, ...inColumns.map((row) => stringWidth(row[i] ?? ''))),
  );
  const widths = head.map((word, i) => Math.max(stringWidth(word), data[i] ?? 0));
  const available = width - GAP.length * (widths.length - 1);
  for (let excess = sum(widths) - available; excess > 0; excess--) {
    const spare = widths.map((columns, i) => (columns > (data[i] ?? 0) ? columns : 0));
    const widest = Math.max(...spare) || Math.max(...widths);
    if (widest <= NARROWEST) break;
    const column = spare.includes(widest) ? spare.indexOf(widest) : widths.indexOf(widest);
    widths[column] = widest - 1;
  }
  const layOut = (row: readonly string[], fit: typeof cut) => {
    const cells = row.map((cell, i) => pad(fit(cell, widths[i] ?? 0), widths[i] ?? 0));
    return cut(cells.join(GAP).trimEnd(), width);
  };
  const lines = rows.map((row) =>
    typeof row === 'string' ? cut(row, width) : layOut(row, cutMiddle),
  );
  return [layOut(head, cut), ...lines];
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
