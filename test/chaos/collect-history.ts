import { readFileSync } from 'node:fs';
import type { ChaosStage } from './chaos-stage.js';
import { readFacts } from './facts.js';
import type { FaultInjector } from './fault-injector.js';
import type { GroupObserver } from './group-observer.js';
import type {
  FireRecord,
  Handling,
  History,
  Interruption,
  Notice,
  StoredEvent,
} from './history.js';

const PAGE = 1_000;

/** Puts together what the processes have written, what Redis holds, and what was done to them. */
export async function collectHistory(
  stage: ChaosStage,
  injector: FaultInjector,
  observer: GroupObserver,
  faultsEndedAt: number,
): Promise<History> {
  const facts = stage.places.flatMap((place) => readFacts(stage.factsOf(place)));
  const stored = await Promise.all(stage.streams.map((stream) => readStream(stage, stream)));
  return {
    listeners: stage.cast.map((role) => ({
      name: role.listener,
      ordered: role.ordered,
      inHand: stage.inHand(role),
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
    takeovers: injector.takeovers,
    notices: facts.flatMap(({ told }) => (told ?? []) as Notice),
    faultsEndedAt,
  };
}

/** What is wrong whatever was handled: dead letters, false alarms of lost history. */
export async function findAlarms(stage: ChaosStage): Promise<string[]> {
  const letters = await stage.admin.keys('lightbus:dead_letters:*');
  const alarms = letters.map((key) => `Events were set aside on '${key}'.`);
  for (const name of stage.places) {
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
