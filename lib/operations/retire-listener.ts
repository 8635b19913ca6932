import type { NamePattern } from './glob.js';
import { inContext } from '../redis/in-context.js';
import type { GroupDetails } from '../store/inspection.js';
import type { Removal, Retirement } from '../store/retirement.js';
import type { BusStreams } from './bus-streams.js';
import type { DeadLetterSource } from './read-dead-letters.js';

/** How many streams are looked at at a time. */
const SIDE_BY_SIDE = 10;

/** Which listener is meant. */
export interface RetiredListener {
  readonly listener: string;
  /** In place of the configuration's `service_name`. */
  readonly serviceName?: string;
  /** On streams of which APIs. @default all */
  readonly api?: NamePattern;
}

/** What is left of a listener on one stream. */
export interface Remains extends DeadLetterSource {
  /** Its consumer group; `null` where only its dead letters are left, or what is known of it. */
  readonly group: GroupDetails | null;
  readonly retirement: Retirement;
}

/**
 * What would be left unhandled if a listener were retired that no code has any more: on each stream that has its
 * consumer group, or anything else of it. Nothing is changed.
 *
 * @throws TransportError
 */
export async function findRemains(bus: BusStreams, meant: RetiredListener): Promise<Remains[]> {
  const { listener, serviceName, api } = meant;
  const streams = (await bus.find()).filter(({ owner }) => api?.test(owner.apiName) ?? true);
  const places = streams.map(({ name: stream, store, settings }) => {
    const group = `${serviceName ?? settings.service_name}-${listener}`;
    return { store, ref: { stream, group } };
  });
  const found: Remains[] = [];
  for (let from = 0; from < places.length; from += SIDE_BY_SIDE) {
    const some = places.slice(from, from + SIDE_BY_SIDE);
    found.push(...(await Promise.all(some.map(remainsAt))).flat());
  }
  return found;
}

async function remainsAt(place: DeadLetterSource): Promise<Remains[]> {
  const { store, ref } = place;
  const retirement = await remove(place, 'nothing');
  if (!retirement.exists && retirement.letters === 0) return [];
  const looking = store.inspect(ref.stream, { groups: [ref.group] });
  const state = await inContext(`Looking at '${ref.stream}'`, store.description, looking);
  return [{ ...place, group: state?.groups[0] ?? null, retirement }];
}

/**
 * Removes what {@link findRemains} has found, stream by stream, each in one step: the consumer group with what is known
 * of it, and its dead letters if that is asked for; or only those of its consumers that hold nothing and that nobody
 * uses. Entries of the streams stay. Doing it twice harms nothing.
 *
 * @returns what was found then: where there are `users`, somebody has begun to use the group, and it is still there.
 * @throws TransportError: what follows on other streams is still there.
 */
export async function removeRemains(
  remains: readonly DeadLetterSource[],
  removal: Exclude<Removal, 'nothing'>,
): Promise<Retirement[]> {
  const removed: Retirement[] = [];
  for (const place of remains) removed.push(await remove(place, removal));
  return removed;
}

function remove({ store, ref }: DeadLetterSource, removal: Removal): Promise<Retirement> {
  const what = `${removal === 'nothing' ? 'Looking for' : 'Removing'} group '${ref.group}' on '${ref.stream}'`;
  return inContext(what, store.description, store.retire(ref, removal));
}
