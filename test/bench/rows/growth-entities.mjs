import { longestWait } from '../growth/costs.mjs';
import { growthRows } from '../growth/rows.mjs';
import { costsWhile } from '../measure.mjs';
import { fromPackage } from '../package.mjs';
import { median } from '../statistics.mjs';

const { RedisStore } = await fromPackage('store/redis/redis.store.js');
const { readEntity } = await fromPackage('store/read-entity.js');

const API = 'bench.entities';
const STREAM = `${API}.*:stream`;
const KEYS = new Map([['placed', 'orderId']]);
const EVENTS_OF_ONE = 100;
const ALL = { start: '-', end: '+', reverse: false };
const logger = { log() {}, warn() {}, error() {} };

/** How many entries a walk asks for at once. */
const PAGE = 500;

/** How often each of them is done again. */
const TIMES = { full: 50, quick: 10, smoke: 2 };

/** What the history of one entity costs, and the index that it needs. */
export const ROWS = growthRows(import.meta.url, [
  {
    name: 'the history of one entity, 100 events',
    of: 'events of 100 bytes in its stream, 100 of each key',
    sizes: [10_000, 1_000_000],
    quick: [10_000, 30_000],
    smoke: 1_000,
    units: [
      'ms to load it',
      'ms CPU of Redis to load it',
      'ms to append to it',
      'ms to build the index',
      'ms to walk through the stream',
      'ms that building keeps others waiting',
      'MB of index',
    ],
    measure,
  },
]);

async function measure({ url, client, mode }, count) {
  await fill(client, count);
  const store = new RedisStore({ url, logger });
  await store.connect(5_000);
  const keys = count / EVENTS_OF_ONE;
  const nameOf = (n) => ({ parameter: 'orderId', key: `order-${n}` });
  const entityOf = (n) => nameOf((n * 37) % keys);
  const build = () => store.entityPlaces(STREAM, KEYS, nameOf(0), { ...ALL, count: 1 });
  const walked = await costsWhile(() => walkThrough(client));
  const built = await costsWhile(build);
  await client.unlink(`lightbus:index:{${STREAM}}`);
  const wait = await longestWait(url, build);
  const bytes = await client.memory('USAGE', `lightbus:index:{${STREAM}}`);
  const loading = await repeated(TIMES[mode], async (n) => {
    let loaded = 0;
    for await (const page of readEntity(store, STREAM, KEYS, entityOf(n), ALL))
      loaded += page.length;
    if (loaded !== EVENTS_OF_ONE) throw new Error(`${loaded} events were loaded.`);
  });
  const appending = await repeated(TIMES[mode], (n) => {
    const entity = entityOf(n);
    return store.appendOnce(STREAM, [eventOf(entity.key, n)], {
      ...{ maxLength: null, timeoutMs: 5_000, onceWithinMs: 60_000, areNew: true },
      expected: { keys: KEYS, entity, version: EVENTS_OF_ONE + Math.floor(n / keys) },
    });
  });
  await store.close();
  return [
    ...[loading.time, loading.redis, appending.time, built.time, walked.time, wait].map(
      (seconds) => seconds * 1e3,
    ),
    bytes / 1e6,
  ];
}

/** Medians of what each time takes. */
async function repeated(times, run) {
  const costs = [];
  for (let n = 0; n < times; n++) costs.push(await costsWhile(() => run(n)));
  return {
    time: median(costs.map(({ time }) => time)),
    redis: median(costs.map(({ redis }) => redis)),
  };
}

async function fill(client, count) {
  const keys = count / EVENTS_OF_ONE;
  for (let n = 0; n < count;) {
    const pipeline = client.pipeline();
    for (const end = Math.min(n + 5_000, count); n < end; n++) {
      pipeline.xadd(STREAM, '*', ...eventOf(`order-${n % keys}`, n));
    }
    await pipeline.exec();
  }
}

function eventOf(key, n) {
  const head = ['id', `id-${n}`, 'api_name', API, 'event_name', 'placed', 'version', '1'];
  return [...head, ':orderId', JSON.stringify(key), ':quantity', String(n), ':note', '"some text"'];
}

async function walkThrough(client) {
  for (let from = '-'; ;) {
    const page = await client.xrange(STREAM, from, '+', 'COUNT', PAGE);
    if (page.length === 0) return;
    from = `(${page.at(-1)[0]}`;
  }
}
