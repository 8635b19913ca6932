const GAP = '  ';

/** A column that is cut is not cut below this. */
const NARROWEST = 4;

// Take two columns of a terminal: East Asian scripts, full-width forms and emoji.
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const ZERO_WIDTH = /\p{M}|\u200b|\u200d/u;

/** How many columns of a terminal a text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (!ZERO_WIDTH.test(character)) width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/** A text that takes at most `width` columns; `…` stands for what was cut. */
export function cut(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let result = '';
  for (const character of text) {
    if (textWidth(result + character) >= width) break;
    result += character;
  }
  return `${result}…`;
}

/** The same, cut in the middle: names differ at their ends. */
export function cutMiddle(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const start = cut(text, Math.ceil(width / 2));
  let end = '';
  for (const character of [...text].reverse()) {
    if (textWidth(start + character + end) > width) break;
    end = character + end;
  }
  return start + end;
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
    Math.max(NARROWEST, ...inColumns.map((row) => textWidth(row[i] ?? ''))),
  );
  const widths = head.map((word, i) => Math.max(textWidth(word), data[i] ?? 0));
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
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
