import { randomUUID } from 'node:crypto';

/** The twelve bits behind the version that tell our UUIDs from those of others. */
const MARK = 'b05';

const OURS = new RegExp(`^([0-9a-f]{8})-([0-9a-f]{4})-8${MARK}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`);

/**
 * A new Lightbus id: a UUID of version 8 that begins with the time and is random otherwise. So an
 * event that is fired again under it is looked for among those that were stored since then.
 *
 * @param storeTime the time where the event will be stored, ms since 1970, or earlier, never later;
 *   `undefined` where it isn't known: the id then begins with zeros.
 */
export function newEventId(storeTime: number | undefined): string {
  const time = Math.floor(storeTime ?? 0)
    .toString(16)
    .padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-8${MARK}${randomUUID().slice(18)}`;
}

/** The time that {@link newEventId} was given (0 for none), ms; `undefined` of any other id. */
export function timeOfEventId(id: string): number | undefined {
  const [, high = '', low = ''] = OURS.exec(id) ?? [];
  return high ? Number.parseInt(high + low, 16) : undefined;
}
