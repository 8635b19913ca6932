import { randomUUID } from 'node:crypto';

/**
 * A new Lightbus id: a UUID of version 7, which begins with the time. So an event that is fired again
 * under it is looked for among those that were stored since then, and no others.
 */
export function newEventId(now = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** When an id was made, ms since 1970, if it is such a UUID. */
export function timeOfEventId(id: string): number | undefined {
  const [, high = '', low = ''] =
    /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.exec(id) ?? [];
  return high ? Number.parseInt(high + low, 16) : undefined;
}
