import { Random } from './random.js';

/** The worker whose listener keeps order, alone. */
export const ORDERED_WORKER = 'only';

/** The workers that share a listener. */
export const SHARED_WORKERS = ['w1', 'w2', 'w3'];

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

/** Faults of the one worker, of the three and of Redis: side by side, so that they meet. The same for the same seed. */
export function planFaults(seed: number): Sequence[] {
  const random = new Random(seed);
  return [faultsOf([ORDERED_WORKER]), faultsOf(SHARED_WORKERS), REDIS_FAULTS].map((draws) => ({
    steps: deal(new Random(random.between(0, 2 ** 32 - 1)), draws),
    round: draws.length,
  }));
}

type Draw = (random: Random) => Fault;

const longPause = (random: Random): number =>
  ACKNOWLEDGEMENT_TIMEOUT_MS + random.between(500, 2_000);
const outage = (random: Random): number => random.between(200, 2_500);

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

function* deal(random: Random, draws: readonly Draw[]): Generator<Step, never> {
  for (;;) {
    for (const draw of random.shuffle(draws)) {
      yield { afterMs: random.between(100, 600), fault: draw(random) };
    }
  }
}
