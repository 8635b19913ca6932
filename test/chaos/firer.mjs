// Fires the events of a run, those of each API one after the other, and tells what it was told.
import './shifted-clock.mjs';
import { setTimeout as delay } from 'node:timers/promises';
import { EventBus, FireError } from '../../dist/index.js';
import { events, settings, start, tell } from './application.mjs';

let stopping = false;

const app = await start(
  { features: [] },
  [{ provide: 'stop', useValue: { beforeApplicationShutdown } }],
  events,
);
const bus = app.get(EventBus);
const firing = settings.apis.map(({ stream }, i) => fireAll(events[i], stream));

async function beforeApplicationShutdown() {
  stopping = true;
  await Promise.all(firing);
}

async function fireAll(Counted, stream) {
  for (let n = 1; !stopping; n++) {
    await fireUntilItsFateIsKnown(Counted, stream, n);
    await delay(settings.intervalMs);
  }
}

async function fireUntilItsFateIsKnown(Counted, stream, n) {
  let attempt = 1;
  let id;
  for (;;) {
    const event = Object.assign(new Counted(), { n, attempt });
    try {
      const { nativeId } = await bus.fire(event, ...(id ? [{ id }] : []));
      tell({ fired: { stream, n, attempt, outcome: 'confirmed', nativeId } });
      return;
    } catch (error) {
      if (!(error instanceof FireError) || error.retry === 'never') throw error;
      if (error.retry === 'with_ids') {
        tell({ fired: { stream, n, attempt, outcome: 'unknown' } });
        id = error.id;
      } else {
        tell({ fired: { stream, n, attempt, outcome: 'refused' } });
        // What an earlier try has done is still not known; it stays the same attempt.
        if (!id) attempt++;
      }
    }
    await delay(50);
  }
}
