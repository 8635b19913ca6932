// npm run chaos -- --minutes 10 --seed 1
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(randomInt(2 ** 32)) },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error('Usage: npm run chaos -- [--minutes 10] [--seed <a whole number>]');
  process.exit(2);
}
console.log(`Chaos for ${minutes} minutes, seed ${seed}.`);

// Through Jest, as it compiles TypeScript, and its environment ends every process that was started.
const jest = [
  ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  ...[
    'node_modules/jest/bin/jest.js',
    '--runInBand',
    '--testMatch',
    '<rootDir>/test/chaos/long-run.ts',
  ],
  ...['--testTimeout', String(minutes * 60_000 + 600_000)],
];
const { status } = spawnSync(process.execPath, jest, {
  stdio: 'inherit',
  env: { ...process.env, CHAOS_MINUTES: String(minutes), CHAOS_SEED: String(seed) },
});
process.exit(status ?? 1);
