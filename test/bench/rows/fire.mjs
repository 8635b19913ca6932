import { inFlight } from '../in-flight.mjs';
import { measure } from '../measure.mjs';
import { eventOf } from '../peers/events.mjs';
import { FIRING, startPeer } from '../peers/peers.mjs';

/** Firing: how it is asked for. */
export const ROWS = [
  {
    name: 'fire, awaited one by one',
    counts: { full: 8_000, quick: 2_000, smoke: 20 },
    fire: (peer, from, to) => inFlight(from, to, 1, (n) => peer.fire(eventOf(n))),
  },
  {
    name: 'fire, 100 in flight',
    counts: { full: 30_000, quick: 8_000, smoke: 200 },
    fire: (peer, from, to) => inFlight(from, to, 100, (n) => peer.fire(eventOf(n))),
  },
  {
    name: 'fireAll of 100',
    counts: { full: 30_000, quick: 8_000, smoke: 200 },
    async fire(peer, from, to) {
      for (let n = from; n < to; n += 100) {
        await peer.fireAll(Array.from({ length: 100 }, (_, i) => eventOf(n + i)));
      }
    },
  },
].map(({ fire, ...row }) => ({
  ...{
    group: 'fire',
    module: import.meta.url,
    contenders: () => FIRING,
    compared: ['events/s', 'client CPU, us'],
  },
  ...{ better: 'higher', ...row },
  take: (job) => take(job, fire),
}));

async function take({ contender, count, warmUp, url, client }, fire) {
  const peer = await startPeer(contender, { url });
  await fire(peer, 0, warmUp);
  const figures = await measure(count, () => fire(peer, warmUp, warmUp + count));
  const lost = warmUp + count - (await peer.stored(client));
  await peer.close();
  return { figures, lost };
}
