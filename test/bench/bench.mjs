// npm run bench [-- --only <group, or part of a row's name>] [--quick | --smoke] [--rounds 5] [--retries 2] [--save]
//   [--server <folder with a redis-server>, again for another one] [--dist <folder of a built package>]
//   [--node <path of a node>]
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { chooseCores } from './cores.mjs';
import { useDist } from './dist.mjs';
import { environmentOf, inWords } from './environment.mjs';
import { sharedRedis } from './redis.mjs';
import { reportOf } from './report.mjs';
import { resultOf, saveResults } from './results.mjs';
import { chosenRows, ROWS } from './rows.mjs';
import { runRow } from './runner.mjs';
import { takeHere } from './take-here.mjs';

const SHORT = {
  quick:
    'Quick: few events, short histories (200,000 entries, not 5,000,000), and without --only nothing of the group ' +
    'growth. For a look, not for a record.',
  smoke: 'A handful of events, all in one process: whether the bench works, and nothing else.',
};

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    retries: { type: 'string' },
    save: { type: 'boolean', default: false },
    server: { type: 'string', multiple: true, default: [] },
    dist: { type: 'string' },
    node: { type: 'string', default: process.execPath },
  },
});
const mode = values.smoke ? 'smoke' : values.quick ? 'quick' : 'full';
const rounds = Number(values.rounds ?? (mode === 'full' ? 5 : 1));
const retries = Number(values.retries ?? (mode === 'full' ? 2 : 0));
const rows = chosenRows(values.only, mode).filter(
  (row) => mode !== 'smoke' || row.counts?.smoke !== null,
);
const isWhole = (value, least) => Number.isInteger(value) && value >= least;
if (!isWhole(rounds, 1) || !isWhole(retries, 0) || rows.length === 0) {
  const groups = [...new Set(ROWS.map(({ group }) => group))].join('|');
  console.error(
    `Usage: npm run bench -- [--only ${groups}|<part of a row's name>] [--quick | --smoke] [--rounds 5] [--retries 2]\n` +
      '  [--save] [--server <folder with a redis-server>]... [--dist <folder of a built package>] [--node <path>]',
  );
  process.exit(2);
}

// Servers and copies are removed as it ends, however it ends.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
useDist(values.dist);
const cores = mode === 'smoke' ? undefined : chooseCores();
const failures = [];
// Without a folder: the one on the PATH.
for (const server of values.server.length > 0 ? values.server : [undefined]) {
  // Everything in this process, and on one server, where it is only to be seen that it works.
  const shared = mode === 'smoke' ? await sharedRedis({ server }) : undefined;
  const here = shared && { take: takeHere, startServer: () => shared.emptied() };
  const environment = await environmentOf({ server, node: values.node, cores });
  console.log(`\n## ${inWords(environment)}`);
  if (mode !== 'full') console.log(`\n${SHORT[mode]}`);
  const results = [];
  for (const row of rows) {
    const began = performance.now();
    try {
      const times = values.rounds === undefined ? Math.min(rounds, row.rounds ?? rounds) : rounds;
      const options = { mode, rounds: times, retries, server, cores, node: values.node, ...here };
      const result = resultOf(row, await runRow(row, options), { mode, rounds: times });
      results.push(result);
      console.log(reportOf(result));
    } catch (error) {
      // The others have taken minutes: they are told all the same.
      console.error(`\n### ${row.name}\n\n${error.message}`);
      failures.push(row.name);
    }
    console.error(`(${((performance.now() - began) / 1_000).toFixed(1)} s)`);
  }
  await shared?.stop();
  if (values.save) saveResults(environment, results);
}
if (failures.length > 0) console.error(`\nFailed: ${failures.join('; ')}`);
// Whatever a row that failed has left behind ends here.
process.exit(failures.length > 0 ? 1 : 0);
