import { setTimeout as delay } from 'node:timers/promises';
import { Handled } from '../handled.mjs';
import { measure } from '../measure.mjs';
import { HANDLING, startPeer } from '../peers/peers.mjs';

/** How long an event may take to come, and what was handled to be acknowledged, ms. */
const PATIENCE_MS = 10_000;

/** Handling what is stored already: how many are read at once. */
export const ROWS = [
  [1, { full: 12_000, quick: 3_000, smoke: 20 }],
  [10, { full: 30_000, quick: 5_000, smoke: 20 }],
  [100, { full: 60_000, quick: 10_000, smoke: 200 }],
].map(([batchSize, counts]) => ({
  ...{
    group: 'handle',
    module: import.meta.url,
    contenders: () => HANDLING,
    compared: ['events/s', 'client CPU, us'],
  },
  ...{ name: `handle, batch_size ${batchSize}`, counts, better: 'higher' },
  take: (job) => take(job, batchSize),
}));

async function take({ contender, count, warmUp, url, client, patience = PATIENCE_MS }, batchSize) {
  const storing = await startPeer(contender, { url });
  await storing.store(client, warmUp + count);
  await storing.close();
  const handled = new Handled(warmUp, count, patience);
  const peer = await startPeer(contender, {
    url,
    batchSize,
    handler: (event) => handled.one(event),
  });
  await handled.warm;
  const figures = await measure(count, () => {
    handled.release();
    return handled.all;
  });
  const lost = await unacknowledged(peer, client, patience);
  await peer.close();
  return { figures, lost };
}

/** How many are pending in the end: what is handled but stays pending would be handled again. */
async function unacknowledged(peer, client, patience) {
  const until = Date.now() + patience;
  for (;;) {
    const pending = await peer.pending(client);
    if (pending === 0 || Date.now() > until) return pending;
    await delay(5);
  }
}
