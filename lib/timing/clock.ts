/** Elapsed time, for intervals. What it tells has no meaning but the difference of two readings. */
export interface Clock {
  /** Milliseconds since some moment, whole ones. Never goes back, and goes on while the machine sleeps. */
  now(): number;
}

/** By how much the wall clock must be elsewhere to have been set, or to tell of a sleep, ms. */
const TOLERANCE_MS = 250;

/**
 * A clock made of two: the wall clock, which may be set, and the monotonic one, which stands still while
 * a machine is suspended. What has passed is the larger of both differences. (Where the wall clock is
 * set forward, time seems to have passed.)
 *
 * Differences of the two below {@link TOLERANCE_MS} are none: the larger of them, taken at each reading,
 * would add up to a clock that runs twice as fast, as the wall clock goes in steps of one ms.
 */
export function makeClock(
  wall: () => number = () => Date.now(),
  monotonic: () => number = () => performance.now(),
): Clock {
  let slept = 0;
  let offset = wall() - monotonic();
  return {
    now() {
      const awake = monotonic();
      const ahead = wall() - offset - awake - slept;
      if (ahead < -TOLERANCE_MS) offset += ahead;
      if (ahead > TOLERANCE_MS) slept += ahead;
      return Math.floor(awake + slept);
    },
  };
}

/** The clock of this process. */
export const clock: Clock = makeClock();
