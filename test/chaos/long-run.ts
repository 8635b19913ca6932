import { rmSync } from 'node:fs';
import { it } from '@jest/globals';
import { report } from './chaos-report.js';
import { runChaos } from './run-chaos.js';
import { SCENARIOS } from './scenarios.js';

const { CHAOS_SCENARIO = '', CHAOS_SEED, CHAOS_MINUTES, CHAOS_TIMES } = process.env;

// Not a spec: `npm run chaos` runs it.
it(`holds its promises: ${CHAOS_SCENARIO}`, async () => {
  const scenario = SCENARIOS[CHAOS_SCENARIO];
  if (!scenario) {
    const names = Object.keys(SCENARIOS).join(', ');
    throw new Error(`There is no scenario '${CHAOS_SCENARIO}'. There are: ${names}.`);
  }
  const outcome = await runChaos({
    ...scenario({ minutes: Number(CHAOS_MINUTES), times: Number(CHAOS_TIMES) }),
    seed: Number(CHAOS_SEED),
    onNote: (text) => process.stdout.write(`${new Date().toISOString()} ${text}\n`),
  });
  process.stdout.write(report(outcome));
  if (outcome.violations.length > 0) {
    throw new Error(`${outcome.violations.length} promises were broken; see above.`);
  }
  rmSync(outcome.dir, { recursive: true });
});
