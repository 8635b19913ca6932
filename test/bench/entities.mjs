import { RedisStore } from '../../dist/store/redis/redis.store.js';
import { readEntity } from '../../dist/store/read-entity.js';
import { cpuWhile, longestWait } from './growth-costs.mjs';
import { serverName, startRedis } from './redis.mjs';
import { table } from './table.mjs';

const API = 'bench.entities';
const STREAM = `${API}.*:stream`;
const KEYS = new Map([['placed', 'orderId']]);
const EVENTS_OF_ONE = 100;
const ALL = { start: '-', end: '+', reverse: false };
const logger = { log() {}, warn() {}, error() {} };

/** How many entries a walk asks for at once. */
const PAGE = 500;

/** What the history of one entity costs, and the index that it needs. */
export async function entities({ servers, rounds, quick }) {
  for (const server of servers) {
    const redis = await startRedis({ server });
    const name = await serverName(redis.client);
    const rows = [];
    for (const count of quick ? [10_000, 100_000] : [10_000, 100_000, 1_000_000]) {
      await redis.client.flushall();
      await fill(redis.client, count);
      rows.push(await measureAmong(redis, count, rounds));
    }
    const [{ load }] = rows;
    console.log(
      `\n${name}: medians of ${rounds} rounds, ms; events of 100 bytes, 100 of each key\n`,
    );
    const titles = [
      'events',
      'XRANGE walk',
      '(CPU of Redis)',
      'building the index',
      '(CPU)',
      'ratio',
    ];
    const more = [
      'longest wait of others',
      'loading 100',
      '(CPU)',
      'ratio',
      'append',
      'MB of index',
    ];
    const cells = rows.map((row) => [
      row.count,
      ...[ms(row.walk.time), ms(row.walk.redis), ms(row.build.time), ms(row.build.redis)],
      (row.build.time / row.walk.time).toFixed(2),
      ...[ms(row.wait), ms(row.load.time), ms(row.load.redis)],
      (row.load.time / load.time).toFixed(2),
      ms(row.append.time),
      (row.bytes / 1e6).toFixed(1),
    ]);
    console.log(table([...titles, ...more], cells));
    await redis.stop();
  }
}

async function measureAmong({ url, client }, count, rounds) {
  const store = new RedisStore({ url, logger });
  await store.connect(5_000);
  const keys = count / EVENTS_OF_ONE;
  const nameOf = (n) => ({ parameter: 'orderId', key: `order-${n}` });
  const range = { ...ALL, count: 1 };
  const walk = await median(client, rounds, () => walkThrough(client));
  const build = await median(client, rounds, async () => {
    await client.unlink(`lightbus:index:{${STREAM}}`);
    return () => store.entityPlaces(STREAM, KEYS, nameOf(0), range);
  });
  await client.unlink(`lightbus:index:{${STREAM}}`);
  const wait = await longestWait(url, () => store.entityPlaces(STREAM, KEYS, nameOf(0), range));
  const bytes = await client.memory('USAGE', `lightbus:index:{${STREAM}}`);
  const load = await median(client, Math.max(rounds * 10, 50), async (round) => {
    let loaded = 0;
    const entity = nameOf((round * 37) % keys);
    for await (const entry of readEntity(store, STREAM, KEYS, entity, ALL)) loaded = entry.sequence;
    if (loaded !== EVENTS_OF_ONE) throw new Error(`${loaded} events were loaded.`);
  });
  const append = await median(client, Math.max(rounds * 10, 50), async (round) => {
    const entity = nameOf((round * 37) % keys);
    await store.appendOnce(STREAM, [eventOf(entity.key, round)], {
      ...{ maxLength: null, timeoutMs: 5_000, onceWithinMs: 60_000, areNew: true },
      expected: { keys: KEYS, entity, version: EVENTS_OF_ONE + Math.floor(round / keys) },
    });
  });
  await store.close();
  return { count, walk, build, wait, load, append, bytes };
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

/** Of what each round takes: time, and CPU of Redis, s. `run` may return what is to be measured of it. */
async function median(client, rounds, run) {
  const costs = [];
  for (let round = 0; round < rounds; round++) {
    let measured;
    const cost = await cpuWhile(client, async () => (measured = await run(round)));
    costs.push(measured ? await cpuWhile(client, measured) : cost);
  }
  const middle = (values) => values.sort((a, b) => a - b)[Math.floor(costs.length / 2)];
  return {
    time: middle(costs.map(({ time }) => time)),
    redis: middle(costs.map(({ redis }) => redis)),
  };
}

function ms(seconds) {
  const value = seconds * 1e3;
  return value.toFixed(value < 10 ? 2 : 0);
}
