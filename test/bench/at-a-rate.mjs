import { setTimeout as delay } from 'node:timers/promises';
import { eventOf } from './peers/events.mjs';

/** Events are this far apart, ms: nobody is busy with them. */
const PAUSE_MS = 2;

/** Fires events up to `count`, at a modest rate. @returns of each, when `fire` was called: ns. */
export async function fireAtARate(peer, count) {
  const fired = [];
  const firing = [];
  for (let n = 0; n < count; n++) {
    fired.push(process.hrtime.bigint());
    firing.push(peer.fire(eventOf(n)));
    await delay(PAUSE_MS);
  }
  await Promise.all(firing);
  return fired;
}
