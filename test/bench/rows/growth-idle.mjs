import { setTimeout as delay } from 'node:timers/promises';
import { startApplication } from '../growth/application.mjs';
import { askedWhile, sharesWhileIdle } from '../growth/costs.mjs';
import { foreignKeys } from '../growth/streams.mjs';
import { growthRows } from '../growth/rows.mjs';

/** How long something is watched that does nothing, ms. */
const IDLE_MS = { full: 15_000, quick: 1_000, smoke: 50 };

/** What waiting for events costs. */
export const ROWS = growthRows(import.meta.url, [
  {
    name: 'idle listeners',
    of: 'listeners on ten streams',
    sizes: [10, 500],
    quick: [10, 50],
    units: ['% of a core, process', '% of a core, Redis'],
    async measure(redis, count) {
      const app = await startApplication(redis.url, { listeners: idleListeners(count) });
      await delay(IDLE_MS[redis.mode] / 30);
      const shares = await sharesWhileIdle(IDLE_MS[redis.mode]);
      await app.close();
      return shares;
    },
  },
  {
    name: 'idle processes',
    of: 'processes of 50 listeners on ten streams',
    sizes: [1, 20],
    quick: [1, 5],
    units: [
      'commands a second on Redis, those of scripts too',
      'scripts a second on Redis',
      '% of a core, Redis',
    ],
    async measure(redis, processes) {
      // To Redis each application is a process of its own: it has its own names and connections.
      const apps = [];
      for (let i = 0; i < processes; i++) {
        const options = { listeners: idleListeners(50), processName: `growth${i}` };
        apps.push(await startApplication(redis.url, options));
      }
      await delay(IDLE_MS[redis.mode] / 30);
      let share;
      const { commands, scripts } = await askedWhile(redis.client, async () => {
        [, share] = await sharesWhileIdle(IDLE_MS[redis.mode]);
      });
      await Promise.all(apps.map((app) => app.close()));
      return [commands, scripts, share];
    },
  },
  {
    name: "finding the streams of '<api>.*' (per_event), 3 listeners",
    of: 'foreign keys',
    sizes: [1_000, 1_000_000],
    quick: [1_000, 100_000],
    units: ['% of a core, process', '% of a core, Redis'],
    async measure(redis, keys) {
      await foreignKeys(redis.client, keys);
      const listeners = [1, 2, 3].map((i) => ({
        ...{ name: `listener${i}`, events: 'growth.*', handle: () => undefined },
      }));
      const app = await startApplication(redis.url, {
        listeners,
        redis: { stream_use: 'per_event' },
      });
      const shares = await sharesWhileIdle(IDLE_MS[redis.mode]);
      await app.close();
      return shares;
    },
  },
]);

function idleListeners(count) {
  return Array.from({ length: count }, (_, i) => ({
    ...{ name: `listener${i}`, events: `growth${i % 10}.counted`, handle: () => undefined },
  }));
}
