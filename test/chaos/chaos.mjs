// npm run chaos -- --minutes 10 --seed 1 [--server <folder with a redis-server>]
// npm run chaos -- --scenario silent-takeover|new-names --times 50
// npm run chaos -- --scenario competing --times 2000   so many decisions about one entity, by 50 processes
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(randomInt(2 ** 32)) },
    scenario: { type: 'string', default: 'everything' },
    times: { type: 'string', default: '50' },
    server: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
const times = Number(values.times);
if (!(minutes > 0) || !Number.isInteger(seed) || !(Number.isInteger(times) && times > 0)) {
  console.error(
    'Usage: npm run chaos -- [--minutes 10] [--seed <a whole number>] [--server <folder>]\n' +
      '       npm run chaos -- --scenario silent-takeover|new-names|competing [--times 50] [--seed ...] [--server ...]',
  );
  process.exit(2);
}
const server = values.server === undefined ? undefined : resolve(values.server);
if (server && !existsSync(join(server, 'redis-server'))) {
  console.error(`There is no redis-server in ${server}.`);
  process.exit(2);
}
const { scenario } = values;
const extent = scenario === 'everything' ? `for ${minutes} minutes` : `${times} times`;
console.log(`Chaos, ${scenario}, ${extent}, seed ${seed}.`);

// Through Jest, as it compiles TypeScript, and its environment ends every process that was started.
const jest = [
  ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  ...[
    'node_modules/jest/bin/jest.js',
    '--runInBand',
    '--testMatch',
    `<rootDir>/test/chaos/${scenario === 'competing' ? 'competing' : 'long'}-run.ts`,
  ],
  // Ten seconds for each time are what the slowest scenario takes, one after the other.
  ...['--testTimeout', String(Math.max(minutes * 60_000, times * 10_000) + 600_000)],
];
const { PATH = '' } = process.env;
const { status } = spawnSync(process.execPath, jest, {
  stdio: 'inherit',
  env: {
    ...process.env,
    ...(server && { PATH: `${server}${delimiter}${PATH}` }),
    ...{ CHAOS_SCENARIO: scenario, CHAOS_SEED: String(seed) },
    ...{ CHAOS_MINUTES: String(minutes), CHAOS_TIMES: String(times) },
  },
});
process.exit(status ?? 1);
