import type { Parameters } from 'fast-check';

/** How many random classes a property is tried with: `LIGHTBUS_TEST_RUNS`, 300 by default. */
export const RUNS = Number(process.env.LIGHTBUS_TEST_RUNS ?? 300);

/**
 * How properties are run. A failure prints its seed and path: `LIGHTBUS_TEST_SEED=<seed>` runs the same
 * again.
 */
export function runs<T>(share = 1): Parameters<T> {
  const { LIGHTBUS_TEST_SEED: seed } = process.env;
  return {
    numRuns: Math.max(1, Math.round(RUNS * share)),
    ...(seed !== undefined && { seed: Number(seed) }),
  };
}

/** Enough time for that many runs. */
export const TIMEOUT_MS = 20_000 + RUNS * 100;
