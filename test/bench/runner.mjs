import { orderOf } from './statistics.mjs';
import { startRedis, serverName } from './redis.mjs';
import { takeSample } from './take-sample.mjs';

/**
 * Takes every sample of a row: each contender once a round, in an order that is shifted by one each round, each
 * on a server and in a process of its own.
 *
 * @param options.mode `full`, `quick` or `smoke`: how many events.
 * @param options.retries how often a disturbed sample is taken again.
 * @param options.take takes a sample; @see takeSample
 * @returns of each contender its samples, one of each round.
 * @throws Error where a sample fails, or an event was lost.
 */
export async function runRow(row, { mode, rounds, retries, server, cores, take = takeSample }) {
  const contenders = row.contenders(mode);
  const samples = new Map(contenders.map(({ title }) => [title, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of orderOf(round, contenders)) {
      const sample = await undisturbed(retries, () =>
        once(row, { contender, mode, server, cores, take }),
      );
      samples.get(contender.title).push(sample);
    }
  }
  return contenders.map(({ title }) => ({ title, samples: samples.get(title) }));
}

/** Takes a sample again while it is disturbed; the last one counts, and says so. */
async function undisturbed(retries, take) {
  for (let retry = 0; ; retry++) {
    const sample = await take();
    if (!sample.disturbed || retry === retries) return { ...sample, retries: retry };
  }
}

async function once(row, { contender, mode, server, cores, take }) {
  const redis = await startRedis({ server, cores: cores?.server });
  try {
    const count = sizeFor(row, contender, mode);
    const sample = await take({
      ...{ module: row.module, row: row.name, contender, url: redis.url, cores },
      ...{ count, warmUp: count, mode },
    });
    const on = await serverName(redis.client);
    if (sample.lost !== undefined && sample.lost !== 0) {
      throw new Error(`${contender.title} lost ${sample.lost} of ${count} events.`);
    }
    return { ...sample, on };
  } catch (error) {
    throw new Error(`${row.name}: ${contender.title}: ${error.message}`, { cause: error });
  } finally {
    await redis.stop();
  }
}

/** Whole hundreds, so that all contenders fire whole batches. */
function sizeFor({ counts }, { share = 1 }, mode) {
  if (!counts) return undefined;
  const count = counts[mode];
  return share === 1 || count < 1_000 ? count : Math.ceil((count * share) / 100) * 100;
}
