import type { ChaosOutcome } from './run-chaos.js';

/** How many violations are told one by one. */
const TOLD = 20;

/** What came of a run, as text: the faults by kind, the table of the README, and what was broken. */
export function report(outcome: ChaosOutcome): string {
  const { seed, server, ms, dir, faults, violations } = outcome;
  const kinds = [...faults].sort(([a], [b]) => a.localeCompare(b));
  const told = violations.slice(0, TOLD).map(({ kind, message }) => `${kind}: ${message}`);
  const rest = violations.length - told.length;
  if (rest > 0) told.push(`... and ${rest} more; see notes.log`);
  const end =
    violations.length > 0
      ? ['', ...told, '', `Repeat it with --seed ${seed}. Facts and logs are in ${dir}`]
      : [];
  return [
    '',
    `${server}, seed ${seed}, ${(ms / 60_000).toFixed(1)} minutes of faults`,
    '',
    ...kinds.map(([kind, n]) => `${String(n).padStart(6)} x ${kind}`),
    '',
    ...readmeTable(outcome),
    ...end,
    '',
  ].join('\n');
}

/** The table as the README has it. */
function readmeTable({ faults, figures, violations }: ChaosOutcome): string[] {
  const count = (kind: string): number => violations.filter((it) => it.kind === kind).length;
  const { duplicates } = figures;
  const broken: [string, number][] = [
    ['lost', count('lost')],
    ['stranded', count('stranded')],
    ['out of order', count('out of order')],
    ['stored twice', count('stored twice')],
    ['handled by a process that had been replaced and could know it', count('went on')],
  ];
  const others = count('wrong answer') + count('failure');
  const rows: [string, number][] = [
    ['faults injected', [...faults.values()].reduce((sum, n) => sum + n, 0)],
    ['events confirmed', figures.confirmed],
    ['refused, and fired anew', figures.refused],
    ['fired again under their id, their fate being unknown', figures.unknownTries],
    ['of unknown fate for good', figures.unknown],
    ['events stored', figures.stored],
    ['handled, by all listeners together', figures.handled],
    ...broken,
    ['wrong answers of `fire`, dead letters, false alarms, hung processes', others],
    ['handled again after a crash', duplicates.crash],
    ['handled again after a pause, or while Redis was away', duplicates['cut off']],
    ['handled again after a consumer group was destroyed', duplicates['group destroyed']],
    ['handled again for any other reason', count('unexplained duplicate')],
  ];
  return [
    '| | |',
    '|---|---|',
    ...rows.map(([name, n]) => `| ${name} | ${n.toLocaleString('en')} |`),
  ];
}
