// What this module costs against the size of what it meets. Nothing may grow that the size is no reason
// for: the last column is the cost at the largest size, as a multiple of that at the smallest one.
import { DEAD_LETTERS } from './growth-dead-letters.mjs';
import { IDLE } from './growth-idle.mjs';
import { READING } from './growth-reading.mjs';
import { STORING } from './growth-storing.mjs';
import { serverName, startRedis } from './redis.mjs';
import { table } from './table.mjs';

/**
 * Prints a table for each server.
 *
 * @param options.only part of the names of the figures that are measured; without it all of them.
 * @throws AggregateError at the end, where figures could not be measured.
 */
export async function growth({ servers, quick, only = '' }) {
  const figures = [...READING, ...IDLE, ...STORING, ...DEAD_LETTERS];
  const chosen = figures.filter(({ name }) => name.includes(only));
  if (chosen.length === 0) throw new Error(`No bench and no figure is named '${only}'.`);
  const failures = [];
  for (const server of servers) {
    const rows = [];
    let on;
    for (const figure of chosen) {
      try {
        const { name, found } = await against(figure, quick ? figure.quick : figure.sizes, server);
        on = name;
        rows.push(...rowsOf(figure, found));
      } catch (error) {
        // The others have taken minutes: they are told all the same.
        console.error(`${figure.name}: ${error.message}`);
        failures.push(new Error(figure.name, { cause: error }));
      }
    }
    if (rows.length === 0) continue;
    console.log(`\nGrowth on ${on}\n`);
    console.log(table(['figure', 'sizes', 'unit', 'values', 'growth'], rows));
  }
  if (failures.length > 0) throw new AggregateError(failures, 'Not everything could be measured.');
}

/** Measures a figure at each size. */
async function against(figure, sizes, server) {
  const found = new Map();
  let name;
  for (const size of sizes) {
    // A server of its own for each: what it has to forget would be on the next one's account.
    const redis = await startRedis({ server });
    try {
      name = await serverName(redis.client);
      found.set(size, await figure.measure(redis, size));
    } finally {
      await redis.stop();
    }
    const values = found.get(size).map(number).join(', ');
    console.error(`${figure.name}, ${number(size)} ${figure.of}: ${values}`);
  }
  return { name, found };
}

/** A row for each unit. */
function rowsOf(figure, found) {
  const label = `${[...found.keys()].map(number).join(' / ')} ${figure.of}`;
  return figure.units.map((unit, i) => {
    const values = [...found.values()].map((value) => value[i]);
    const times = `${number(values.at(-1) / values[0])}x`;
    return [figure.name, label, unit, values.map(number).join(' / '), times];
  });
}

function number(value) {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}
