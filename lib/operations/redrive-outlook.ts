import { inContext } from '../redis/in-context.js';
import type { FailingEntry, GroupDetails, Worker } from '../store/inspection.js';
import { printable } from '../wire/printable.js';
import type { DeadLetterSource } from './read-dead-letters.js';

/** How many workers are named. */
const NAMED = 3;

/** A process that reads for a listener, and lives. */
export interface LivingWorker extends Pick<Worker, 'host' | 'pid'> {
  /** The consumer's name. */
  readonly name: string;
}

/** When dead letters will be handled that are driven again now. */
export type RedriveOutlook =
  /** As soon as one of these has handled what it is handling: they try nothing again. */
  | { readonly kind: 'now'; readonly workers: readonly LivingWorker[] }
  /** After this event: all workers that live try one again, and this is the one that is tried first. */
  | { readonly kind: 'after'; readonly failing: FailingEntry; readonly worker: LivingWorker }
  /** When a worker starts: none lives. */
  | { readonly kind: 'no_worker' };

/**
 * When letters of a listener will be handled that are driven again.
 *
 * @param groups the listener's consumer groups on all streams that it reads: a worker handles one event at a time.
 */
export function redriveOutlook(
  groups: readonly Pick<GroupDetails, 'consumers' | 'failures'>[],
): RedriveOutlook {
  const workers = new Map<string, LivingWorker>();
  for (const { name, worker } of groups.flatMap(({ consumers }) => consumers)) {
    if (!worker || worker.leaseMs === null) continue;
    workers.set(name, { name, host: worker.host, pid: worker.pid });
  }
  const failures = groups
    .flatMap((group) => group.failures)
    .filter(({ consumer }) => consumer !== null && workers.has(consumer))
    .sort((a, b) => timeOf(a) - timeOf(b));
  const failing = new Set(failures.map(({ consumer }) => consumer));
  const free = [...workers.values()].filter(({ name }) => !failing.has(name));
  if (free.length > 0) return { kind: 'now', workers: free };
  const [first] = failures;
  const worker = first && workers.get(first.consumer ?? '');
  return worker ? { kind: 'after', failing: first, worker } : { kind: 'no_worker' };
}

/** The same, read from where the letters are. @throws TransportError */
export async function readRedriveOutlook(
  sources: readonly DeadLetterSource[],
): Promise<RedriveOutlook> {
  const states = await Promise.all(
    sources.map(({ store, ref: { stream, group } }) => {
      const looking = store.inspect(stream, { groups: [group], countUpTo: 0 });
      return inContext(`Looking at '${stream}'`, store.description, looking);
    }),
  );
  return redriveOutlook(states.flatMap((state) => state?.groups ?? []));
}

/** What it means, in a sentence about letters: `They are handled ...`. */
export function describeOutlook(outlook: RedriveOutlook): string {
  switch (outlook.kind) {
    case 'now':
      return `They are handled now, before newer events, by ${describeWorkers(outlook.workers)}.`;
    case 'after':
      return `They are handled after ${describeFailing(outlook.failing)}, with ${describeWorkers([outlook.worker])}.`;
    case 'no_worker':
      return 'They are handled when a worker of this listener starts: none lives.';
  }
}

function describeFailing({
  nativeId,
  eventName = 'event',
  since,
  attempts,
  error,
  nextTryAt,
}: FailingEntry): string {
  const next = nextTryAt ? `next try ${nextTryAt.toISOString()}` : 'no next try is due';
  const tries = `${attempts} attempt${attempts === 1 ? '' : 's'}, ${next}: ${error}`;
  return printable(`${eventName} ${nativeId}, which fails since ${since.toISOString()} (${tries})`);
}

function describeWorkers(workers: readonly LivingWorker[]): string {
  const named = workers
    .slice(0, NAMED)
    .map(({ name, host, pid }) => printable(`'${name}' (process ${pid} on ${host})`));
  const more = workers.length - named.length;
  return more > 0 ? `${named.join(', ')} or ${more} more` : named.join(' or ');
}

/** The one that is due first comes first. */
function timeOf({ nextTryAt, since }: FailingEntry): number {
  return (nextTryAt ?? since).getTime();
}
