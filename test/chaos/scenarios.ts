import { ALONE_AND_SHARED, sideBySide } from './cast.js';
import { planFaults, planNewNames, planSilentTakeovers } from './fault-plan.js';
import type { ChaosOptions } from './run-chaos.js';

/** How long, or how often. */
export interface Extent {
  readonly minutes: number;
  readonly times: number;
}

/** Many events, some of them slow, so that a random moment meets a handler, a read or an acknowledgement. */
const PACE = { intervalMs: 30, slowEvery: 29, slowMs: 400 };

type Scenario = (extent: Extent) => Omit<ChaosOptions, 'seed' | 'onNote'>;

/** So many listeners have their worker's name taken over at the same time: as many as two cores bear. */
const LANES = 5;

/** What `npm run chaos` can run, by the name that it is asked for. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  everything: ({ minutes }) => ({
    pace: { intervalMs: 20, slowEvery: 400 },
    ...{ cast: ALONE_AND_SHARED, plan: planFaults },
    ...{ until: { ms: minutes * 60_000 }, settleMs: 180_000 },
  }),
  'silent-takeover': ({ times }) => ({ ...repeated(times), plan: planSilentTakeovers }),
  'new-names': ({ times }) => ({
    ...repeated(times),
    // Longer than it takes to start a process: what was not handed back must not come in time all the same.
    pace: { ...PACE, timeoutMs: 20_000 },
    plan: planNewNames,
  }),
};

function repeated(times: number): Omit<ReturnType<Scenario>, 'plan'> {
  return {
    pace: PACE,
    cast: sideBySide(Math.min(times, LANES)),
    ...{ until: { rounds: Math.ceil(times / LANES) }, settleMs: 60_000 },
  };
}
