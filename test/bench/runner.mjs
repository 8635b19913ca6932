import { startRedis } from './redis.mjs';
import { orderOf } from './statistics.mjs';
import { takeSample } from './take-sample.mjs';

/**
 * Takes every sample of a row: each contender once a round, in an order that is shifted by one each round, each
 * on a server and in a process of its own.
 *
 * @param options.mode `full`, `quick` or `smoke`: how many events.
 * @param options.retries how often a disturbed sample is taken again.
 * @param options.server folder of the `redis-server`, if not that of the PATH.
 * @param options.cores those of server and client, if they are bound to one each.
 * @param options.take takes a sample; in a new process, if not told otherwise.
 * @param options.startServer starts the server of a sample.
 * @returns of each contender its samples, one of each round.
 * @throws Error where a sample fails, or an event was lost.
 */
export async function runRow(row, { rounds, retries, ...options }) {
  const contenders = row.contenders(options.mode);
  const samples = new Map(contenders.map(({ title }) => [title, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of orderOf(round, contenders)) {
      const take = () => once(row, contender, options);
      samples.get(contender.title).push(await undisturbed(retries, take));
    }
  }
  return contenders.map(({ title }) => ({ title, samples: samples.get(title) }));
}

/** Takes a sample again while it is disturbed; the last one counts, and says so. */
async function undisturbed(most, take) {
  for (let retries = 0; ; retries++) {
    const sample = await take();
    if (!sample.disturbed || retries === most) return { ...sample, retries };
  }
}

async function once(row, contender, options) {
  const { mode, server, cores, node, take = takeSample, startServer = startRedis } = options;
  const redis = await startServer({ server, cores: cores?.server });
  try {
    const count = countFor(row, contender, mode);
    const warmUp = Math.min(count, row.warmUp ?? count);
    const job = { module: row.module, row: row.name, contender, mode, count, warmUp };
    const sample = await take({ ...job, url: redis.url, cores }, { node });
    if ((sample.lost ?? 0) !== 0) throw new Error(`${sample.lost} of ${count} events were lost.`);
    return sample;
  } catch (error) {
    throw new Error(`${row.name}: ${contender.title}: ${error.message}`, { cause: error });
  } finally {
    await redis.stop();
  }
}

/** In whole hundreds, so that all contenders fire whole batches. */
function countFor({ counts }, { share = 1 }, mode) {
  const count = counts?.[mode];
  return count >= 1_000 ? Math.ceil((count * share) / 100) * 100 : count;
}
