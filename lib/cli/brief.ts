import stringWidth from 'string-width';
import { printable } from '../wire/printable.js';
import { beginning, cut } from './table.js';

/** What a stranger has written, as one line of at most `width` columns, whatever is in it and however long it is. */
export function brief(text: string, width: number): string {
  return cut(printable(bounded(text, width)), width);
}

/** The same on up to `most` lines, broken between words; lines of the text stay lines. */
export function briefLines(text: string, width: number, most: number): string[] {
  const lines = bounded(text, width * most)
    .split(/\r?\n/)
    .flatMap((line) => wrap(printable(line), width));
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), cut(`${lines[most - 1] ?? ''} …`, width)];
}

/** Measuring a megabyte to show a line of it would take seconds. */
function bounded(text: string, width: number): string {
  const enough = width * 4;
  return text.length > enough ? `${text.slice(0, enough)}…` : text;
}

function wrap(line: string, width: number): string[] {
  const lines: string[] = [];
  let last = '';
  for (const word of line.split(' ').filter(Boolean)) {
    const joined = last === '' ? word : `${last} ${word}`;
    if (stringWidth(joined) <= width) {
      last = joined;
      continue;
    }
    if (last !== '') lines.push(last);
    last = word;
    while (stringWidth(last) > width) {
      // At least one, or a character wider than the line would never end.
      const part = beginning(last, width) || last.slice(0, 1);
      lines.push(part);
      last = last.slice(part.length);
    }
  }
  return last === '' ? lines : [...lines, last];
}
