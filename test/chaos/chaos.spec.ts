import { rmSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { ALONE_AND_SHARED } from './cast.js';
import { report } from './chaos-report.js';
import { planFaults } from './fault-plan.js';
import { runChaos } from './run-chaos.js';

// `npm run chaos` runs longer.
it('loses nothing, and keeps order, while processes, Redis and connections fail', async () => {
  const outcome = await runChaos({
    seed: Number(process.env.CHAOS_SEED ?? 1),
    pace: { intervalMs: 20, slowEvery: 200 },
    ...{ cast: ALONE_AND_SHARED, plan: planFaults },
    // Half of the kinds of each sequence, as the seed deals them.
    until: { rounds: 0.5 },
    settleMs: 60_000,
  });
  if (outcome.violations.length > 0) throw new Error(report(outcome));
  rmSync(outcome.dir, { recursive: true });
  // It was no walk in the park.
  expect(outcome.figures.confirmed).toBeGreaterThan(100);
}, 180_000);
