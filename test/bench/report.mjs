const COLUMNS = [
  ['time', 'us'],
  ['cpu', 'us CPU'],
  ['redisCpu', 'us CPU of Redis'],
  ['commands', 'commands'],
  ['reads', 'round trips'],
];

/** Prints the medians of a scenario per event, and their ratios to those of the first contender. */
export function report(name, contenders, results) {
  console.log(`\n${name}: per event, and as a multiple of ${contenders[0].title}`);
  const widths = [16, ...COLUMNS.map(([, title]) => Math.max(title.length, 16))];
  const print = (cells) =>
    console.log(
      cells.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(16))).join('  '),
    );
  print(['', ...COLUMNS.map(([, title]) => title)]);
  contenders.forEach(({ title }, i) => {
    const cells = COLUMNS.map(([key]) => {
      const value = median(results[i].map((result) => result[key]));
      const base = median(results[0].map((result) => result[key]));
      return `${value.toFixed(value < 10 ? 2 : 0)} (${(value / base).toFixed(2)}x)`;
    });
    print([title, ...cells]);
  });
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
