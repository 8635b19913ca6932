import type { Role } from './cast.js';
import { Random } from './random.js';

/** After this long without a sign of life an event is taken over, ms (`acknowledgement_timeout`). */
export const ACKNOWLEDGEMENT_TIMEOUT_MS = 3_000;

/** Something that goes wrong. Times are in ms. */
export type Fault =
  /** SIGKILL, and started again under the same name. */
  | { readonly kind: 'worker killed'; readonly worker: string; readonly downMs: number }
  /** SIGTERM and started again, one after the other. */
  | { readonly kind: 'rolling restart'; readonly workers: readonly string[] }
  /** SIGSTOP for longer than `acknowledgement_timeout`, then SIGCONT. */
  | { readonly kind: 'worker paused'; readonly worker: string; readonly ms: number }
  /** SIGSTOP; another process is started under the name; SIGCONT; SIGKILL after a while. */
  | { readonly kind: 'worker replaced while paused'; readonly worker: string; readonly ms: number }
  | RestartUnderNewNames
  /** Its connections go silent, for longer than `acknowledgement_timeout`; what was under way arrives late. */
  | { readonly kind: 'network of a worker silent'; readonly worker: string; readonly ms: number }
  | SilentTakeover
  /** Its wall clock is set: so far ahead of the right time, or behind it, from now on. */
  | { readonly kind: 'clock of a worker set'; readonly worker: string; readonly shiftMs: number }
  | { readonly kind: 'network of the firer silent'; readonly ms: number }
  | { readonly kind: 'clock of the firer set'; readonly shiftMs: number }
  | { readonly kind: 'Redis killed'; readonly downMs: number }
  /** SIGSTOP, then SIGCONT. */
  | { readonly kind: 'Redis paused'; readonly ms: number }
  /** What was sent on the old connections is carried out when the new ones are in use already. */
  | { readonly kind: 'connections cut while Redis was paused'; readonly ms: number }
  | { readonly kind: 'connections cut' }
  | { readonly kind: 'connections refused'; readonly ms: number }
  /** Half-open: nothing arrives; afterwards it does, late, or the connections are cut. */
  | { readonly kind: 'connections silent'; readonly ms: number; readonly cut: boolean }
  /** Half-open, until new connections take their place; what was sent on the old ones arrives after that. */
  | { readonly kind: 'commands delivered late'; readonly ms: number }
  /** Half-open: commands arrive, their answers don't, ever. */
  | { readonly kind: 'answers lost'; readonly ms: number }
  | { readonly kind: 'CLIENT KILL' }
  | { readonly kind: 'SCRIPT FLUSH' }
  | { readonly kind: 'XGROUP DESTROY'; readonly of: 'ordered' | 'shared' }
  /** `maxmemory` reached: OOM. */
  | { readonly kind: 'out of memory'; readonly ms: number }
  /** Made a replica, as in a failover: READONLY. */
  | { readonly kind: 'read-only'; readonly ms: number };

/** SIGTERM, and another process under another name in its place, as pods are replaced. Redis is well meanwhile. */
export interface RestartUnderNewNames {
  readonly kind: 'rolling restart under new names';
  readonly workers: readonly string[];
  /** How long each has more to do than it can before it is told to end. */
  readonly busyMs: number;
}

/** Its connections go silent; another process takes its name over; what was under way arrives late; SIGKILL after a while. */
export interface SilentTakeover {
  readonly kind: 'network of a worker silent, its name taken over';
  readonly worker: string;
  /** Until the other one is started, which then waits for the end of the lease. */
  readonly ms: number;
  /** How long the other one has had the name when the network is back. */
  readonly lateMs: number;
}

/** A fault, and how long to leave the system alone before it, ms. */
export interface Step {
  readonly afterMs: number;
  readonly fault: Fault;
}

/** Faults that follow one another, without end. */
export interface Sequence {
  readonly steps: Generator<Step, never>;
  /** How many steps it takes until each kind has come once. */
  readonly round: number;
}

/** Faults of each listener's workers, of Redis and of the firer: side by side, so that they meet. The same for the same seed. */
export function planFaults(seed: number, cast: readonly Role[]): Sequence[] {
  const ofWorkers = cast.map(({ workers }) => faultsOf(workers));
  return sideBySide(seed, [
    ...[...ofWorkers, REDIS_FAULTS].map((draws) => ({ draws, calm: BRIEF_CALM })),
    { draws: FIRER_FAULTS, calm: LONG_CALM },
  ]);
}

/** For each listener, silent takeovers at random moments. The same for the same seed. */
export function planSilentTakeovers(seed: number, cast: readonly Role[]): Sequence[] {
  return planOne(seed, cast, silentTakeover);
}

/** For each listener, restarts under new names at random moments. The same for the same seed. */
export function planNewNames(seed: number, cast: readonly Role[]): Sequence[] {
  return planOne(seed, cast, restartUnderNewNames);
}

function planOne(
  seed: number,
  cast: readonly Role[],
  fault: (random: Random, workers: readonly string[]) => Fault,
): Sequence[] {
  const draws = cast.map(({ workers }): Draw[] => [(random) => fault(random, workers)]);
  return sideBySide(
    seed,
    draws.map((it) => ({ draws: it, calm: BRIEF_CALM })),
  );
}

type Draw = (random: Random) => Fault;

/** How long to leave the system alone before a fault, ms: least and most. */
type Calm = readonly [number, number];

const BRIEF_CALM: Calm = [100, 600];

/** Of the firer: what it does not fire meets no other fault. */
const LONG_CALM: Calm = [6_000, 15_000];

function sideBySide(
  seed: number,
  sequences: readonly { draws: readonly Draw[]; calm: Calm }[],
): Sequence[] {
  const random = new Random(seed);
  return sequences.map(({ draws, calm }) => ({
    steps: deal(new Random(random.between(0, 2 ** 32 - 1)), draws, calm),
    round: draws.length,
  }));
}

const longPause = (random: Random): number =>
  ACKNOWLEDGEMENT_TIMEOUT_MS + random.between(500, 2_000);
const outage = (random: Random): number => random.between(200, 2_500);

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

/** How far from the right time a clock is set: a second, a minute, an hour, 30 days, about. */
const shift = (random: Random): number => {
  const size = random.pick([
    random.between(SECOND, 60 * SECOND),
    random.between(60, 3_600) * SECOND,
    HOUR,
    30 * DAY,
  ]);
  return random.chance(0.5) ? size : -size;
};

const restartUnderNewNames = (
  random: Random,
  workers: readonly string[],
): RestartUnderNewNames => ({
  ...{ kind: 'rolling restart under new names', workers },
  busyMs: random.between(500, 1_500),
});

const silentTakeover = (random: Random, workers: readonly string[]): SilentTakeover => ({
  ...{ kind: 'network of a worker silent, its name taken over', worker: random.pick(workers) },
  ...{ ms: random.between(0, 4_000), lateMs: random.between(0, 2_000) },
});

/** Faults of the processes that share a listener. */
const faultsOf = (workers: readonly string[]): readonly Draw[] => [
  (random) => ({
    ...{ kind: 'worker killed', worker: random.pick(workers) },
    downMs: random.between(0, 3_000),
  }),
  () => ({ kind: 'rolling restart', workers }),
  (random) => ({ kind: 'worker paused', worker: random.pick(workers), ms: longPause(random) }),
  (random) => ({
    ...{ kind: 'worker replaced while paused', worker: random.pick(workers) },
    ms: longPause(random),
  }),
  (random) => restartUnderNewNames(random, workers),
  (random) => ({
    ...{ kind: 'network of a worker silent', worker: random.pick(workers) },
    ms: longPause(random),
  }),
  (random) => silentTakeover(random, workers),
  (random) => ({
    ...{ kind: 'clock of a worker set', worker: random.pick(workers) },
    shiftMs: shift(random),
  }),
];

const FIRER_FAULTS: readonly Draw[] = [
  (random) => ({ kind: 'network of the firer silent', ms: random.between(500, 5_000) }),
  (random) => ({ kind: 'clock of the firer set', shiftMs: shift(random) }),
];

const REDIS_FAULTS: readonly Draw[] = [
  (random) => ({ kind: 'Redis killed', downMs: random.between(0, 3_000) }),
  (random) => ({ kind: 'Redis paused', ms: random.between(500, 4_000) }),
  (random) => ({
    ...{ kind: 'connections cut while Redis was paused', ms: random.between(500, 1_500) },
  }),
  () => ({ kind: 'connections cut' }),
  (random) => ({ kind: 'connections refused', ms: outage(random) }),
  (random) => ({ kind: 'connections silent', ms: outage(random), cut: false }),
  (random) => ({ kind: 'connections silent', ms: outage(random), cut: true }),
  (random) => ({ kind: 'commands delivered late', ms: outage(random) }),
  (random) => ({ kind: 'answers lost', ms: outage(random) }),
  () => ({ kind: 'CLIENT KILL' }),
  () => ({ kind: 'SCRIPT FLUSH' }),
  () => ({ kind: 'XGROUP DESTROY', of: 'ordered' }),
  () => ({ kind: 'XGROUP DESTROY', of: 'shared' }),
  (random) => ({ kind: 'out of memory', ms: outage(random) }),
  (random) => ({ kind: 'read-only', ms: outage(random) }),
];

function* deal(
  random: Random,
  draws: readonly Draw[],
  [least, most]: Calm,
): Generator<Step, never> {
  for (;;) {
    for (const draw of random.shuffle(draws)) {
      yield { afterMs: random.between(least, most), fault: draw(random) };
    }
  }
}
