import { setTimeout as delay } from 'node:timers/promises';
import { startApplication, SERVICE } from '../growth/application.mjs';
import { longestWait, sharesWhileIdle } from '../growth/costs.mjs';
import { costsWhile } from '../measure.mjs';
import { deliver } from '../growth/deliver.mjs';
import { fill, streamOf } from '../growth/streams.mjs';
import { growthRows } from '../growth/rows.mjs';

/** How long what is in hand is watched, ms: in the first, several times what an entry is kept alive for. */
const IDLE_MS = { full: 10_000, quick: 1_500, smoke: 50 };

/** So many have been read when a page may have 1,000 entries: it begins with 20, and doubles. */
const SMALL_ONES = 20 + 40 + 80 + 160 + 320 + 640;

/** What handling costs, and what it may not grow with. */
export const ROWS = growthRows(import.meta.url, [
  {
    name: 'acknowledgement',
    of: 'consumers in the group',
    sizes: [1, 10_000],
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
      return (await deliver(redis, 1, 500, 1)).slice(1);
    },
  },
  {
    name: 'opening a group',
    of: 'entries of 200 bytes in its stream, half of them to come',
    sizes: [1_000, 1_000_000],
    quick: [1_000, 50_000],
    units: ['ms CPU of Redis', 'ms that Redis keeps others waiting'],
    measure: (redis, entries) => openGroups(redis, entries, 200),
  },
  {
    name: 'opening a group, large entries',
    of: 'entries of 5 kB in its stream, half of them to come',
    sizes: [1_000, 100_000],
    quick: [1_000, 10_000],
    units: ['ms CPU of Redis', 'ms that Redis keeps others waiting'],
    measure: (redis, entries) => openGroups(redis, entries, 5_000),
  },
  {
    name: 'keeping 1,000 fetched entries alive',
    of: 'bytes an entry',
    sizes: [100, 100_000],
    quick: [100, 10_000],
    units: ['% of a core, Redis', 'ms that Redis keeps others waiting'],
    async measure(redis, bytes) {
      const { url, client } = redis;
      // Small ones first, pages of which grow: how large the next ones are can't be known.
      await fill(client, 'growth', SMALL_ONES, 100);
      await fill(client, 'growth', 1_000, bytes);
      const gate = gateOf();
      let begun = 0;
      let full;
      const fetched = new Promise((resolve) => (full = resolve));
      const handle = () => (++begun > SMALL_ONES ? (full(), gate.passed) : undefined);
      const listeners = [{ name: 'listener', events: 'growth.counted', handle }];
      const settings = { batch_size: 1_000, acknowledgement_timeout: 3 };
      const app = await startApplication(url, { listeners, redis: settings });
      await fetched;
      await whenPending(client, 1_000);
      const [, share] = await sharesWhileIdle(IDLE_MS[redis.mode]);
      const wait = await longestWait(url, () => delay(IDLE_MS[redis.mode]));
      gate.open();
      await app.close();
      return [share, wait * 1e3];
    },
  },
  {
    name: 'a page of 100 events, client-output-buffer-limit 1 MB',
    of: 'bytes an event',
    sizes: [1_000, 200_000],
    quick: [1_000, 200_000],
    units: ['s until all are handled (20: not in time)'],
    async measure({ url, client }, bytes) {
      await fill(client, 'growth', 100, bytes);
      await client.config('SET', 'client-output-buffer-limit', 'normal 1048576 0 0');
      let handled = 0;
      let all;
      const done = new Promise((resolve) => (all = resolve));
      const handle = () => void (++handled === 100 && all());
      const listeners = [{ name: 'listener', events: 'growth.counted', handle }];
      const { time } = await costsWhile(async () => {
        const app = await startApplication(url, { listeners, redis: { batch_size: 100 } });
        await Promise.race([done, delay(20_000, undefined, { ref: false })]);
        await app.close();
      });
      await client.config('SET', 'client-output-buffer-limit', 'normal 0 0 0');
      return [handled < 100 ? 20 : time];
    },
  },
]);

/** Opens two groups in the middle of a history: one is timed, the other one's cost is measured. */
async function openGroups({ url, client }, entries, bytes) {
  const stream = streamOf('growth');
  await fill(client, 'growth', entries / 2, bytes);
  const [[middle]] = await client.xrevrange(stream, '+', '-', 'COUNT', 1);
  await fill(client, 'growth', entries / 2, bytes);
  const open = async (name, measure) => {
    // As Python Lightbus makes it: Redis has no counter of what it was given.
    await client.xgroup('CREATE', stream, `${SERVICE}-${name}`, middle);
    const gate = gateOf();
    let begin;
    const begun = new Promise((resolve) => (begin = resolve));
    const handle = () => (begin(), gate.passed);
    const listeners = [{ name, events: 'growth.counted', handle }];
    let app;
    const cost = await measure(async () => {
      app = await startApplication(url, { listeners });
      await begun;
    });
    gate.open();
    await app.close();
    return cost;
  };
  const wait = await open('timed', (run) => longestWait(url, run));
  const { redis } = await open('measured', (run) => costsWhile(run));
  return [redis * 1e3, wait * 1e3];
}

/** Resolves when so many entries are pending; @throws Error where they are not, after a while. */
async function whenPending(client, wanted) {
  for (let look = 0; look < 500; look++) {
    const [pending] = await client.xpending(streamOf('growth'), `${SERVICE}-listener`);
    if (pending === wanted) return;
    await delay(10);
  }
  throw new Error(`There are not ${wanted} entries that are kept alive.`);
}

function gateOf() {
  let open;
  const passed = new Promise((resolve) => (open = resolve));
  return { open, passed };
}
