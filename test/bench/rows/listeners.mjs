import { startApplication } from '../growth/application.mjs';
import { deliver } from '../growth/deliver.mjs';
import { growthRows } from '../growth/rows.mjs';
import { costsWhile } from '../measure.mjs';

const STREAMS = 10;
const PER_DELIVERY = ['us CPU of the process per delivery', 'us CPU of Redis per delivery'];

/** What many listeners cost. */
export const ROWS = growthRows(
  import.meta.url,
  [
    {
      name: 'start-up',
      of: `listeners on ${STREAMS} streams`,
      sizes: [1, 200],
      quick: [1, 200],
      rounds: 5,
      units: ['ms', 'ms CPU of the process', 'ms CPU of Redis', 'commands'],
      async measure({ url }, count) {
        const listeners = Array.from({ length: count }, (_, i) => ({
          ...{ name: `listener${i}`, events: `growth${i % STREAMS}.counted` },
          handle: () => undefined,
        }));
        const cost = await costsWhile(() => startApplication(url, { listeners }));
        await cost.result.close();
        return [cost.time * 1e3, cost.process * 1e3, cost.redis * 1e3, cost.commands];
      },
    },
    {
      name: 'delivery, one event at a time',
      of: 'listeners on one stream',
      sizes: [1, 10, 100, 500],
      quick: [1, 10, 100, 500],
      rounds: 3,
      units: PER_DELIVERY,
      measure: (redis, listeners) =>
        deliver(redis, listeners, perListener(redis, listeners, 1_500), 1),
    },
    {
      name: 'delivery, 20 events at once',
      of: 'listeners on one stream',
      sizes: [1, 10, 100, 500],
      quick: [1, 100],
      rounds: 3,
      units: PER_DELIVERY,
      measure: (redis, listeners) =>
        deliver(redis, listeners, perListener(redis, listeners, 6_000), 20),
    },
  ],
  'listeners',
);

/** So many events that all listeners together have enough to do to be measured. */
function perListener({ mode }, listeners, deliveries) {
  return Math.ceil(deliveries / listeners / { full: 1, quick: 2, smoke: 100 }[mode]);
}
