import type { ChaosOutcome } from './run-chaos.js';

/** How many violations are told one by one. */
const TOLD = 20;

/** What came of a run, as text. */
export function report({ seed, dir, faults, figures, violations }: ChaosOutcome): string {
  const count = (kind: string): number => violations.filter((it) => it.kind === kind).length;
  const { duplicates } = figures;
  const rows: [string, number][] = [
    ...[...faults].sort(([a], [b]) => a.localeCompare(b)),
    ['faults injected', [...faults.values()].reduce((sum, n) => sum + n, 0)],
    ['events confirmed', figures.confirmed],
    ['refused, and fired anew', figures.refused],
    ['of unknown fate, and fired again under their id', figures.unknownTries],
    ['of unknown fate for good', figures.unknown],
    ['events stored', figures.stored],
    ['handled, by two listeners together', figures.handled],
    ['lost', count('lost')],
    ['out of order', count('out of order')],
    ['stored twice', count('stored twice')],
    ['wrong answers', count('wrong answer')],
    ['handled again after a crash', duplicates.crash],
    ['handled again after a pause or without Redis', duplicates['cut off']],
    ['handled again after XGROUP DESTROY', duplicates['group destroyed']],
    ['handled again without such a reason', count('unexplained duplicate')],
    ['other failures', count('failure')],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, n]) => `| ${name.padEnd(width)} | ${String(n).padStart(7)} |`);
  const told = violations.slice(0, TOLD).map(({ kind, message }) => `${kind}: ${message}`);
  const rest = violations.length - told.length;
  if (rest > 0) told.push(`... and ${rest} more; see notes.log`);
  const end =
    violations.length > 0
      ? ['', ...told, '', `Repeat it with --seed ${seed}. Facts and logs are in ${dir}`]
      : [];
  return ['', ...table, ...end, ''].join('\n');
}
