import { rmSync } from 'node:fs';
import { it } from '@jest/globals';
import { report } from './chaos-report.js';
import { runChaos } from './run-chaos.js';

const { CHAOS_SEED, CHAOS_MINUTES } = process.env;

// Not a spec: `npm run chaos` runs it.
it(`holds its promises for ${CHAOS_MINUTES} minutes of faults`, async () => {
  const outcome = await runChaos({
    seed: Number(CHAOS_SEED),
    pace: { intervalMs: 20, slowEvery: 400 },
    until: { ms: Number(CHAOS_MINUTES) * 60_000 },
    settleMs: 180_000,
    onNote: (text) => process.stdout.write(`${new Date().toISOString()} ${text}\n`),
  });
  process.stdout.write(report(outcome));
  if (outcome.violations.length > 0) {
    throw new Error(`${outcome.violations.length} promises were broken; see above.`);
  }
  rmSync(outcome.dir, { recursive: true });
});
