import { randomFillSync } from 'node:crypto';

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
  const digits = randomDigits();
  return `${beginning(Math.floor(storeTime ?? 0))}-${digits.slice(0, 4)}-${digits.slice(4)}`;
}

let lastTime = -1;
let lastBeginning = '';

/** What the ids of one millisecond have in common. */
function beginning(time: number): string {
  if (time !== lastTime) {
    const digits = time.toString(16).padStart(12, '0');
    lastBeginning = `${digits.slice(0, 8)}-${digits.slice(8)}-8${MARK}`;
    lastTime = time;
  }
  return lastBeginning;
}

const RANDOM_BYTES = 8;
const random = Buffer.alloc(1_024 * RANDOM_BYTES);
let used = random.length;

/** Sixteen hexadecimal digits; the first says that it is a UUID of RFC 9562. */
function randomDigits(): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  random[used] = ((random[used] ?? 0) & 0x3f) | 0x80;
  return random.toString('hex', used, (used += RANDOM_BYTES));
}

/** The time that {@link newEventId} was given (0 for none), ms; `undefined` of any other id. */
export function timeOfEventId(id: string): number | undefined {
  const [, high = '', low = ''] = OURS.exec(id) ?? [];
  return high ? Number.parseInt(high + low, 16) : undefined;
}
