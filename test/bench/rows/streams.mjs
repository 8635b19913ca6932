import { performance } from 'node:perf_hooks';
import { Counted, startApplication } from '../growth/application.mjs';
import { growthRows } from '../growth/rows.mjs';
import { fill, streamOf } from '../growth/streams.mjs';
import { Handled } from '../handled.mjs';
import { inFlight } from '../in-flight.mjs';
import { costsWhile } from '../measure.mjs';

const EVENTS = { full: 20_000, quick: 2_000, smoke: 20 };
const BYTES = 50;

/** What a long history costs those who don't read it, and those who begin to. */
export const ROWS = growthRows(
  import.meta.url,
  [
    {
      name: 'a long history',
      of: 'entries in the stream',
      sizes: [50_000, 5_000_000],
      quick: [5_000, 200_000],
      rounds: 2,
      units: [
        'us per fire, 100 in flight',
        'us CPU of Redis per fire',
        'us per event handled, batch_size 10',
        'us CPU of Redis per event handled',
        "ms from the start to the first event, since: 'beginning'",
      ],
      measure,
    },
  ],
  'streams',
);

async function measure({ url, client, mode }, entries) {
  const count = EVENTS[mode];
  await fill(client, 'growth', entries, BYTES);
  const firing = await startApplication(url, {});
  const fire = () =>
    inFlight(0, count, 100, (n) => firing.bus.fire(Counted, { n, text: 'some text' }));
  await fire(); // warms up
  const fired = await costsWhile(fire);
  const length = await client.xlen(streamOf('growth'));
  if (length !== entries + 2 * count) throw new Error(`The stream has ${length} entries.`);
  await firing.close();
  const [first, handled] = await handle(url, count);
  const each = (value, of) => (value / of) * 1e6;
  return [
    ...[each(fired.time, count), each(fired.redis, count)],
    ...[each(handled.time, count), each(handled.redis, count), first],
  ];
}

/** @returns when the first event came, ms; and what the ones after the first half cost. */
async function handle(url, count) {
  const handled = new Handled(count, count);
  let next = 0;
  let first;
  const began = performance.now();
  const handle = () => {
    first ??= performance.now() - began;
    // Those that are stored here have the same number.
    return handled.one({ n: next++ });
  };
  const listeners = [{ name: 'listener', events: 'growth.counted', handle }];
  const app = await startApplication(url, { listeners, redis: { batch_size: 10 } });
  await handled.warm;
  const cost = await costsWhile(() => {
    handled.release();
    return handled.all;
  });
  await app.close();
  return [first, cost];
}
