import { setTimeout as delay } from 'node:timers/promises';
import { startApplication, SERVICE } from './growth-application.mjs';
import { cpuWhile, longestWait } from './growth-costs.mjs';
import { add, fill, foreignKeys, streamOf } from './growth-streams.mjs';

/** How long something is watched that does nothing, ms. */
const IDLE_MS = 10_000;

/** What handling costs, and what it may not grow with. */
export const READING = [
  {
    name: 'delivery, one event at a time',
    of: 'listeners on one stream',
    sizes: [1, 10, 100, 200, 500],
    quick: [1, 10, 50],
    units: ['us CPU of Redis per delivery', 'us CPU of the process per delivery'],
    measure: (redis, listeners) => deliver(redis, listeners, Math.ceil(1_500 / listeners), 1),
  },
  {
    name: 'delivery, 20 events at once',
    of: 'listeners on one stream',
    sizes: [1, 10, 100, 200, 500],
    quick: [1, 10, 50],
    units: ['us CPU of Redis per delivery', 'us CPU of the process per delivery'],
    measure: (redis, listeners) => deliver(redis, listeners, 20 * Math.ceil(200 / listeners), 20),
  },
  {
    name: 'idle listeners',
    of: 'listeners on ten streams',
    sizes: [10, 100, 500],
    quick: [10, 50],
    units: ['% of a core, process', '% of a core, Redis'],
    async measure(redis, count) {
      const listeners = Array.from({ length: count }, (_, i) => ({
        ...{ name: `listener${i}`, events: `growth${i % 10}.counted`, handle: () => undefined },
      }));
      const app = await startApplication(redis.url, { listeners });
      await delay(1_000);
      const shares = await sharesWhileIdle(redis);
      await app.close();
      return shares;
    },
  },
  {
    name: 'acknowledgement',
    of: 'consumers in the group',
    sizes: [1, 100, 1_000, 10_000],
    quick: [1, 1_000],
    units: ['us CPU of Redis per delivery'],
    async measure(redis, consumers) {
      const group = `${SERVICE}-listener0`;
      await redis.client.xgroup('CREATE', streamOf('growth'), group, '0', 'MKSTREAM');
      const creating = redis.client.pipeline();
      for (let i = 1; i < consumers; i++) {
        creating.xgroup('CREATECONSUMER', streamOf('growth'), group, `another${i}`);
      }
      await creating.exec();
      return (await deliver(redis, 1, 500, 1)).slice(0, 1);
    },
  },
  {
    name: 'opening a group',
    of: 'entries in its stream, half of them to come',
    sizes: [1_000, 100_000, 1_000_000],
    quick: [1_000, 50_000],
    units: ['ms CPU of Redis', 'ms that Redis keeps others waiting'],
    async measure({ url, client }, entries) {
      await fill(client, 'growth', entries / 2);
      const [[middle]] = await client.xrevrange(streamOf('growth'), '+', '-', 'COUNT', 1);
      await fill(client, 'growth', entries / 2);
      // As Python Lightbus makes it: Redis has no counter of what it was given.
      await client.xgroup('CREATE', streamOf('growth'), `${SERVICE}-listener`, middle);
      const gate = gateOf();
      const listeners = [{ name: 'listener', events: 'growth.counted', handle: () => gate.passed }];
      let app;
      let cost;
      const wait = await longestWait(url, async () => {
        cost = await cpuWhile(client, async () => {
          app = await startApplication(url, { listeners });
          await delay(500);
        });
      });
      gate.open();
      await app.close();
      return [cost.redis * 1e3, wait * 1e3];
    },
  },
  {
    name: "finding the streams of '<api>.*' (per_event), 3 listeners",
    of: 'foreign keys',
    sizes: [1_000, 100_000, 1_000_000],
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
      const shares = await sharesWhileIdle(redis);
      await app.close();
      return shares;
    },
  },
  {
    name: 'keeping 1,000 fetched entries alive',
    of: 'bytes an entry',
    sizes: [100, 10_000, 100_000],
    quick: [100, 10_000],
    units: ['% of a core, Redis', 'ms that Redis keeps others waiting'],
    async measure(redis, bytes) {
      await fill(redis.client, 'growth', 1_000, bytes);
      const gate = gateOf();
      let begun;
      const begins = new Promise((resolve) => (begun = resolve));
      const handle = () => (begun(), gate.passed);
      const listeners = [{ name: 'listener', events: 'growth.counted', handle }];
      const settings = { batch_size: 1_000, acknowledgement_timeout: 3 };
      const app = await startApplication(redis.url, { listeners, redis: settings });
      await begins;
      await delay(1_000);
      let share;
      const wait = await longestWait(redis.url, async () => {
        [, share] = await sharesWhileIdle(redis);
      });
      gate.open();
      await app.close();
      return [share, wait * 1e3];
    },
  },
  {
    name: 'a page of 100 events, client-output-buffer-limit 1 MB',
    of: 'bytes an event',
    sizes: [1_000, 10_000, 50_000],
    quick: [1_000, 50_000],
    units: ['s until all are handled (20: not in time)'],
    async measure({ url, client }, bytes) {
      await fill(client, 'growth', 100, bytes);
      await client.config('SET', 'client-output-buffer-limit', 'normal 1048576 0 0');
      let handled = 0;
      let all;
      const done = new Promise((resolve) => (all = resolve));
      const handle = () => void (++handled === 100 && all());
      const listeners = [{ name: 'listener', events: 'growth.counted', handle }];
      const { time } = await cpuWhile(client, async () => {
        const app = await startApplication(url, { listeners, redis: { batch_size: 100 } });
        await Promise.race([done, delay(20_000, undefined, { ref: false })]);
        await app.close();
      });
      await client.config('SET', 'client-output-buffer-limit', 'normal 0 0 0');
      return [handled < 100 ? 20 : time];
    },
  },
];

/** Hands events to so many listeners; @returns the costs of Redis and of this process per delivery, us. */
async function deliver({ url, client }, count, events, atOnce) {
  let missing = 0;
  let all;
  const handle = () => void (--missing === 0 && all());
  const listeners = Array.from({ length: count }, (_, i) => ({
    ...{ name: `listener${i}`, events: 'growth.counted', handle },
  }));
  const app = await startApplication(url, { listeners });
  const batch = async () => {
    missing = count * atOnce;
    const handled = new Promise((resolve) => (all = resolve));
    for (let i = 0; i < atOnce; i++) void add(client, 'growth', i);
    await handled;
  };
  await batch(); // warms up
  await delay(200);
  const batches = Math.ceil(events / atOnce);
  const cost = await cpuWhile(client, async () => {
    for (let i = 0; i < batches; i++) await batch();
    // The last acknowledgements.
    await delay(50);
  });
  await app.close();
  const deliveries = batches * atOnce * count;
  return [(cost.redis * 1e6) / deliveries, (cost.process * 1e6) / deliveries];
}

async function sharesWhileIdle({ client }) {
  const cost = await cpuWhile(client, () => delay(IDLE_MS));
  return [(cost.process / cost.time) * 100, (cost.redis / cost.time) * 100];
}

function gateOf() {
  let open;
  const passed = new Promise((resolve) => (open = resolve));
  return { open, passed };
}
