/** A Markdown table; the first columns are texts, and numbers stand to the right. */
export function table(titles, rows) {
  const cells = [titles, ...rows].map((row) => row.map(String));
  const widths = titles.map((_, i) => Math.max(...cells.map((row) => row[i].length), 3));
  const isNumber = titles.map((_, i) => rows.every((row) => /^[\d.,]+/.test(String(row[i]))));
  const line = (row) =>
    `| ${row.map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (isNumber[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n');
}
