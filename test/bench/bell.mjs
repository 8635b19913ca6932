// A record of a decision: what wakes a listener, a blocking XREAD or the invalidation messages of
// client-side caching. XREADGROUP BLOCK is there as what it costs without a bell.
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { BlockingGroupRead, BlockingRead, Tracking } from './bells.mjs';
import { inFlight } from './in-flight.mjs';
import { serverName, startRedis } from './redis.mjs';
import { table } from './table.mjs';

const BELLS = [BlockingGroupRead, BlockingRead, Tracking];
const COLUMNS = ['p50, us', 'p99, us', 'Redis CPU, us', 'bytes out', 'bytes in', 'commands'];

/** Prints a table for each server. Per event, that of the XADD included. */
export async function bell({ servers, rounds, quick }) {
  for (const server of servers) {
    const redis = await startRedis({ server });
    try {
      console.log(`\nBells on ${await serverName(redis.client)}: per event, its XADD included\n`);
      console.log(
        table(
          ['events', 'payload', 'streams', 'bell', ...COLUMNS],
          await rows(redis, rounds, quick),
        ),
      );
      console.log(`\n${await foreignWrites(redis, rounds)}`);
      console.log(`\n${await whatRings(redis)}`);
    } finally {
      await redis.stop();
    }
  }
}

/** How events come: each once the one before was read; or at a rate; or many that wait for one another. */
const PACES = [
  { title: 'one by one', count: 2_000, run: (count, add) => inFlight(count, 1, add) },
  { title: '500 a second', count: 1_000, run: (count, add) => atIntervals(count, 2, add) },
  { title: '50 in flight', count: 5_000, run: (count, add) => inFlight(count, 50, add) },
];

async function rows(redis, rounds, quick) {
  const result = [];
  for (const pace of PACES) {
    for (const payload of [200, 10_000]) {
      for (const streams of [1, 100, 1_000]) {
        const size = { pace, payload, streams, count: quick ? pace.count / 10 : pace.count };
        const found = BELLS.map(() => []);
        // They take turns: whatever else the machine does meets all of them.
        for (let round = 0; round < rounds; round++) {
          for (const [i, Bell] of BELLS.entries()) found[i].push(await once(redis, Bell, size));
        }
        BELLS.forEach(({ title }, i) => {
          const cells = COLUMNS.map((column) => {
            const value = median(found[i].map((it) => it[column]));
            return value.toFixed(column === 'commands' ? 2 : 0);
          });
          result.push([pace.title, `${payload} B`, streams, title, ...cells]);
        });
      }
    }
  }
  return result;
}

/** Adds so many entries to one of the streams while a bell waits at all of them. */
async function once(redis, Bell, { pace, streams, payload, count }) {
  await redis.client.flushall();
  const names = Array.from({ length: streams }, (_, i) => `api${i}.*:stream`);
  for (const name of names) await redis.client.xgroup('CREATE', name, 'group', '0', 'MKSTREAM');
  const reader = new GroupReader(redis.url);
  const ring = (stream) => reader.ring(stream);
  const bell = await Bell.start(redis.url, names, ring, (entries) => reader.take(entries));
  const writer = new Redis(redis.url, { protocol: 2 });
  const text = 'x'.repeat(payload);
  let added = 0;
  const add = async () => {
    const i = added++;
    const read = reader.next(i);
    await writer.xadd(names[0], '*', 'i', i, 'at', String(process.hrtime.bigint()), ':text', text);
    await read;
  };
  await inFlight(50, 1, add); // warms up
  reader.latencies = [];
  const before = await facts(redis.client);
  await pace.run(count, add);
  const after = await facts(redis.client);
  await bell.stop();
  reader.client.disconnect();
  writer.disconnect();
  const each = (key) => (after[key] - before[key]) / count;
  const sorted = reader.latencies.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.floor(sorted.length * share)] / 1_000;
  return {
    ...{ 'p50, us': at(0.5), 'p99, us': at(0.99), 'Redis CPU, us': each('cpu') * 1e6 },
    ...{ 'bytes out': each('out'), 'bytes in': each('in'), commands: each('commands') },
  };
}

async function atIntervals(count, ms, add) {
  const all = [];
  for (let i = 0; i < count; i++) {
    all.push(add());
    await delay(ms);
  }
  await Promise.all(all);
}

/** Reads on behalf of a group when the bell rings; what rings meanwhile makes it look once more. */
class GroupReader {
  latencies = [];
  waiting = new Map();
  last = '0-0';

  constructor(url) {
    this.client = new Redis(url, { protocol: 2 });
  }

  next(i) {
    return new Promise((resolve) => this.waiting.set(String(i), resolve));
  }

  /** @returns the id of the newest entry that was read. */
  async ring(stream) {
    this.rungAgain = true;
    this.reading ??= this.read(stream).finally(() => (this.reading = undefined));
    await this.reading;
    return this.last;
  }

  async read(stream) {
    while (this.rungAgain) {
      this.rungAgain = false;
      const args = ['GROUP', 'group', 'consumer', 'COUNT', 10, 'NOACK', 'STREAMS', stream, '>'];
      const entries = (await this.client.call('XREADGROUP', ...args))?.[0]?.[1] ?? [];
      this.take(entries);
      this.rungAgain ||= entries.length === 10;
    }
  }

  take(entries) {
    const now = process.hrtime.bigint();
    for (const [id, [, i, , at]] of entries) {
      this.last = id;
      this.latencies.push(Number(now - BigInt(at)));
      this.waiting.get(i)?.();
      this.waiting.delete(i);
    }
  }
}

/** What a bell costs those who write other keys: Redis CPU of a SET that concerns nobody. */
async function foreignWrites({ url, client }, rounds) {
  const rowOf = async (Bell, streams) => {
    await client.flushall();
    const names = Array.from({ length: streams }, (_, i) => `api${i}.*:stream`);
    const bell = await Bell?.start(url, names, () => '0-0');
    const found = [];
    for (let round = 0; round < rounds; round++) {
      const before = await facts(client);
      const sets = client.pipeline();
      for (let i = 0; i < 10_000; i++) sets.set(`other:${i % 100}`, i);
      await sets.exec();
      found.push(((await facts(client)).cpu - before.cpu) * 100);
    }
    await bell?.stop();
    return [Bell?.title ?? 'none', streams, median(found).toFixed(2)];
  };
  const result = [await rowOf(undefined, 0)];
  for (const Bell of [BlockingRead, Tracking]) {
    for (const streams of [1, 100, 1_000]) result.push(await rowOf(Bell, streams));
  }
  return table(['bell', 'streams', 'Redis CPU of a foreign SET, us'], result);
}

/** Which commands of a group's ordinary work ring the bell, beside XADD. */
async function whatRings({ url, client }) {
  await client.flushall();
  await client.xgroup('CREATE', 'a.*:stream', 'group', '0', 'MKSTREAM');
  const bell = await Tracking.start(url, ['a.*:stream'], () => undefined);
  const lines = [];
  const read = [
    'XREADGROUP',
    'GROUP',
    'group',
    'consumer',
    'COUNT',
    1,
    'STREAMS',
    'a.*:stream',
    '>',
  ];
  const commands = [
    ['XADD', 'a.*:stream', '1-1', 'a', '1'],
    ['EVAL', "return redis.call('XADD', KEYS[1], '2-1', 'a', '1')", 1, 'a.*:stream'],
    ['XGROUP', 'CREATECONSUMER', 'a.*:stream', 'group', 'consumer'],
    read,
    ['XREADGROUP', 'GROUP', 'group', 'another', 'COUNT', 1, 'STREAMS', 'a.*:stream', '>'],
    ['XCLAIM', 'a.*:stream', 'group', 'consumer', 0, '1-1', '2-1', 'JUSTID'],
    ['XAUTOCLAIM', 'a.*:stream', 'group', 'consumer', 0, '0-0'],
    ['XACK', 'a.*:stream', 'group', '1-1'],
    ['XGROUP', 'SETID', 'a.*:stream', 'group', '2-1'],
    ['XGROUP', 'DELCONSUMER', 'a.*:stream', 'group', 'another'],
    ['XTRIM', 'a.*:stream', 'MAXLEN', 1],
    ['XDEL', 'a.*:stream', '2-1'],
    ['XADD', 'a.*:stream:other', '1-1', 'a', '1'],
    ['FLUSHDB'],
  ];
  for (const command of commands) {
    const before = bell.rings;
    await client.call(...command);
    await delay(20);
    lines.push(`${bell.rings > before ? 'rings' : 'silent'}: ${command.join(' ')}`);
  }
  bell.stop();
  return lines.join('\n');
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

async function facts(client) {
  const info = `${await client.info('stats')}${await client.info('cpu')}`;
  const of = (name) => Number(new RegExp(`^${name}:(.+)$`, 'm').exec(info)?.[1]);
  return {
    commands: of('total_commands_processed'),
    out: of('total_net_output_bytes'),
    in: of('total_net_input_bytes'),
    cpu: of('used_cpu_user') + of('used_cpu_sys'),
  };
}
