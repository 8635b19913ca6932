// What this module costs, against raw ioredis and BullMQ on the same Redis. The contenders take turns,
// and what counts are the ratios: absolute figures mean little on a machine that does other things as well.
import { BullMq } from './bull-mq.mjs';
import { Lightbus } from './lightbus.mjs';
import { measure } from './measure.mjs';
import { RawIoredis } from './raw-ioredis.mjs';
import { serverName, startRedis } from './redis.mjs';
import { report } from './report.mjs';

/** The first contender is what the others are compared with. */
const CONTENDERS = [RawIoredis, Lightbus, BullMq];

const SCENARIOS = [
  { name: 'fire, one by one', count: 2_000, run: (it, count) => it.fire(count, 1) },
  { name: 'fire, 100 in flight', count: 10_000, run: (it, count) => it.fire(count, 100) },
  { name: 'handle, batch_size 1', batchSize: 1, count: 3_000, run: handle },
  { name: 'handle, batch_size 10', batchSize: 10, count: 10_000, run: handle },
];

/** Handling begins once everything is stored. */
async function handle(it, count) {
  it.release();
  await it.whenHandled(count);
}

/** Prints a table for each scenario. */
export async function contenders({ servers, rounds, quick }) {
  for (const server of servers) await compare(server, rounds, quick ? 10 : 1);
}

async function compare(server, rounds, divisor) {
  const redis = await startRedis({ server });
  try {
    console.log(`\nOn ${await serverName(redis.client)}`);

    for (const { name, batchSize, run, ...size } of SCENARIOS) {
      const count = size.count / divisor;
      const results = CONTENDERS.map(() => []);
      for (let round = 0; round < rounds; round++) {
        for (const [i, Contender] of CONTENDERS.entries()) {
          await redis.client.flushall();
          const contender = await Contender.start(redis.url, batchSize);
          if (batchSize) await contender.store(count);
          else await contender.fire(200, 1); // warms up
          results[i].push(await measure(redis.client, count, () => run(contender, count)));
          await contender.close();
        }
      }
      report(name, CONTENDERS, results);
    }
  } finally {
    await redis.stop();
  }
}
