import { compareEntryIds } from '../wire/entry-id.js';
import type { ConsumerRef, EventStore, StoredDeadLetter } from '../store/event-store.js';

/** How many dead letters one read fetches. */
const PAGE = 200;

/** The dead letters of one consumer group on one stream. */
export interface DeadLetterSource {
  readonly store: EventStore;
  readonly ref: Pick<ConsumerRef, 'stream' | 'group'>;
}

/** All dead letters of a group, in the order of the original entries. @throws TransportError */
export async function readDeadLetters({
  store,
  ref,
}: DeadLetterSource): Promise<StoredDeadLetter[]> {
  const letters: StoredDeadLetter[] = [];
  for (let after = '0-0'; ;) {
    const page = await store.deadLetters(ref, after, PAGE);
    letters.push(...page);
    const last = page.at(-1);
    if (!last) break;
    after = last.id;
  }
  return letters.sort((a, b) => compareEntryIds(a.report.nativeId, b.report.nativeId));
}

/**
 * Makes the originals of dead letters pending again, oldest first, so that no older one comes after a
 * newer one.
 *
 * @param ids of dead letters; all if undefined.
 * @returns how many there were. One whose original has been deleted stays.
 */
export async function redriveDeadLetters(
  source: DeadLetterSource,
  ids?: readonly string[],
): Promise<number> {
  const wanted = ids && new Set(ids);
  let driven = 0;
  for (const { id } of await readDeadLetters(source)) {
    if (wanted && !wanted.has(id)) continue;
    if (await source.store.redrive(source.ref, id)) driven++;
  }
  return driven;
}
