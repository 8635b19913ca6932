import { readFileSync } from 'node:fs';
import type { ChaosStage } from './chaos-stage.js';
import { readFacts } from './facts.js';
import type { FaultInjector } from './fault-injector.js';
import { ORDERED_WORKER, SHARED_WORKERS } from './fault-plan.js';
import type { GroupObserver } from './group-observer.js';
import type { FireRecord, Handling, History, Interruption, StoredEvent } from './history.js';

const WORKERS = [ORDERED_WORKER, ...SHARED_WORKERS];

const LISTENERS = ['ordered', 'shared'] as const;

const PAGE = 1_000;

/** Puts together what the processes have written, what Redis holds, and what was done to them. */
export async function collectHistory(
  stage: ChaosStage,
  injector: FaultInjector,
  observer: GroupObserver,
): Promise<History> {
  const facts = WORKERS.flatMap((name) => readFacts(stage.factsOf(name)));
  const stored = await Promise.all(stage.streams.map((stream) => readStream(stage, stream)));
  return {
    listeners: LISTENERS.map((name) => ({
      name,
      ordered: name === 'ordered',
      inHand: stage.inHand(name),
    })),
    fired: readFacts(stage.factsOf('firer')).flatMap(({ fired }) => (fired ?? []) as FireRecord),
    stored: stored.flat(),
    handled: facts
      .flatMap(({ handled }) => (handled ?? []) as Handling)
      .sort((a, b) => a.to - b.to),
    kills: injector.kills,
    interruptions: [
      ...injector.interruptions,
      ...facts.flatMap(({ stalled }) => (stalled ?? []) as Interruption),
    ],
    groupLosses: injector.groupLosses,
    samples: observer.samples,
  };
}

/** What is wrong whatever was handled: dead letters, false alarms of lost history. */
export async function findAlarms(stage: ChaosStage): Promise<string[]> {
  const letters = await stage.admin.keys('lightbus:dead_letters:*');
  const alarms = letters.map((key) => `Events were set aside on '${key}'.`);
  for (const name of WORKERS) {
    const lines = readFileSync(stage.outputOf(name), 'utf8').split('\n');
    const alarm = lines.find((line) => line.includes('HISTORY IS LOST'));
    if (alarm) alarms.push(`Worker '${name}' reports lost history, and none is: ${alarm}`);
  }
  return alarms;
}

async function readStream({ admin }: ChaosStage, stream: string): Promise<StoredEvent[]> {
  const stored: StoredEvent[] = [];
  for (let start = '-'; ;) {
    const page = await admin.xrange(stream, start, '+', 'COUNT', PAGE);
    for (const [nativeId, fields] of page) {
      const numberOf = (name: string): number => Number(fields[fields.indexOf(name) + 1]);
      stored.push({ stream, nativeId, n: numberOf(':n'), attempt: numberOf(':attempt') });
    }
    const last = page.at(-1);
    if (!last) return stored;
    start = `(${last[0]}`;
  }
}
