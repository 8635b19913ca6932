// npm run bench [-- --only <group, or part of a row's name>] [--rounds 5] [--quick] [--retries 2]
//   [--server <folder with a redis-server>, again for another one] [--dist <a built package>]
import { parseArgs } from 'node:util';
import { chooseCores } from './cores.mjs';
import { useDist } from './dist.mjs';
import { reportOf } from './report.mjs';
import { resultOf } from './results.mjs';
import { chosenRows, ROWS } from './rows.mjs';
import { runRow } from './runner.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string' },
    retries: { type: 'string', default: '2' },
    quick: { type: 'boolean', default: false },
    server: { type: 'string', multiple: true, default: [] },
    dist: { type: 'string' },
  },
});
const mode = values.quick ? 'quick' : 'full';
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
const retries = Number(values.retries);
const rows = chosenRows(values.only);
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(retries) || rows.length === 0) {
  const groups = [...new Set(ROWS.map(({ group }) => group))].join('|');
  console.error(
    `Usage: npm run bench -- [--only ${groups}|<part of a row's name>] [--rounds 5] [--retries 2] [--quick] ` +
      '[--server <folder with a redis-server>]... [--dist <folder of a built package>]',
  );
  process.exit(2);
}
const removeDist = useDist(values.dist);
const cores = chooseCores();
console.log(
  cores
    ? `Server on core ${cores.server}, client on core ${cores.client}.`
    : 'Server and client are not bound to cores: that needs taskset, and two cores.',
);
// Without a folder: the one on the PATH.
for (const server of values.server.length > 0 ? values.server : [undefined]) {
  for (const row of rows) {
    const runs = await runRow(row, { mode, rounds, retries, server, cores });
    console.log(reportOf(resultOf(row, runs)));
  }
}
removeDist();
