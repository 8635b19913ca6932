import { appendFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { serverName } from '../support/server-name.js';
import { waitFor } from '../support/wait-for.js';
import type { Role } from './cast.js';
import { ChaosStage, type Pace } from './chaos-stage.js';
import { check, type Figures } from './checker.js';
import { collectHistory, findAlarms } from './collect-history.js';
import { FaultInjector } from './fault-injector.js';
import type { Fault, Sequence } from './fault-plan.js';
import { GroupObserver } from './group-observer.js';
import type { Violation } from './violation.js';

/** How a run goes. */
export interface ChaosOptions {
  readonly seed: number;
  readonly pace: Pace;
  readonly cast: readonly Role[];
  /** What goes wrong, made from the seed. */
  readonly plan: (seed: number, cast: readonly Role[]) => Sequence[];
  /** How often each kind of fault comes at least; or how long faults are injected, ms. */
  readonly until: { readonly rounds: number } | { readonly ms: number };
  /** How long the system may take to settle once it is left alone, ms. */
  readonly settleMs: number;
  /** Told what happens. */
  readonly onNote?: (text: string) => void;
}

/** What came of a run. */
export interface ChaosOutcome {
  readonly seed: number;
  /** Name and version of the server: `Valkey 8.1.1`. */
  readonly server: string;
  /** How long faults were injected, ms. */
  readonly ms: number;
  /** Where facts, logs and the append-only file are. */
  readonly dir: string;
  readonly faults: ReadonlyMap<Fault['kind'], number>;
  readonly figures: Figures;
  /** Broken promises by kind; `failure` for what else went wrong. */
  readonly violations: readonly (Violation | { kind: 'failure'; message: string })[];
}

/** Fires events while faults are injected, lets everything settle, and checks what came of it. */
export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-chaos-'));
  const note = (text: string): void => {
    appendFileSync(join(dir, 'notes.log'), `${new Date().toISOString()} ${text}\n`);
    options.onNote?.(text);
  };
  note(`seed ${options.seed}, files in ${dir}`);
  const stage = await ChaosStage.start(dir, options.pace, options.cast);
  const observer = new GroupObserver(stage, join(dir, 'groups.jsonl'));
  const injector = new FaultInjector(stage, note);

  const began = Date.now();
  await injectFaults(options, injector);
  const faultsEndedAt = Date.now();
  await stage.stopFirer();
  note('is left alone');
  await settle(stage, observer, options.settleMs);
  await observer.stop();
  await stage.stopWorkers();

  const history = await collectHistory(stage, injector, observer, faultsEndedAt);
  const { violations, figures } = check(history);
  const failures = [...stage.failures, ...(await findAlarms(stage))];
  const broken = [
    ...violations,
    ...failures.map((message) => ({ kind: 'failure' as const, message })),
  ];
  const server = await serverName(stage.admin);
  broken.forEach(({ kind, message }) => note(`VIOLATION (${kind}): ${message}`));
  await stage.redis.stop();
  await stage.proxy.close();
  const run = { seed: options.seed, server, ms: faultsEndedAt - began, dir };
  return { ...run, faults: injector.counts, figures, violations: broken };
}

async function injectFaults(
  { seed, cast, plan, until }: ChaosOptions,
  injector: FaultInjector,
): Promise<void> {
  const began = Date.now();
  const run = async ({ steps, round }: Sequence): Promise<void> => {
    const goesOn = (injected: number): boolean =>
      'rounds' in until ? injected < until.rounds * round : Date.now() - began < until.ms;
    for (let injected = 0; goesOn(injected); injected++) {
      const { afterMs, fault } = steps.next().value;
      await delay(afterMs);
      await injector.inject(fault);
    }
  };
  // All, also if one fails: a fault that is being injected must not outlive the run.
  const ended = await Promise.allSettled(plan(seed, cast).map(run));
  for (const sequence of ended) if (sequence.status === 'rejected') throw sequence.reason;
}

async function settle(
  stage: ChaosStage,
  observer: GroupObserver,
  timeoutMs: number,
): Promise<void> {
  try {
    await waitFor(() => observer.isSettled(), { timeoutMs, message: 'every event to be handled' });
  } catch (error) {
    stage.fail(`Left alone, it did not settle: ${(error as Error).message}`);
  }
}
