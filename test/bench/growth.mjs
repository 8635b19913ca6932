// What this module costs against the size of what it meets. Nothing may grow that the size is no reason
// for: the last column is the cost at the largest size, as a multiple of that at the smallest one.
import { READING } from './growth-reading.mjs';
import { STORING } from './growth-storing.mjs';
import { serverName, startRedis } from './redis.mjs';
import { table } from './table.mjs';

/**
 * Prints a table for each server.
 *
 * @param options.only part of the names of the figures that are measured; without it all of them.
 */
export async function growth({ servers, quick, only = '' }) {
  const figures = [...READING, ...STORING].filter(({ name }) => name.includes(only));
  if (figures.length === 0) throw new Error(`No bench and no figure is named '${only}'.`);
  for (const server of servers) {
    const rows = [];
    let name;
    for (const figure of figures) {
      const sizes = quick ? figure.quick : figure.sizes;
      const found = [];
      for (const size of sizes) {
        // A server of its own for each: what it has to forget would be on the next one's account.
        const redis = await startRedis({ server });
        try {
          name = await serverName(redis.client);
          found.push(await figure.measure(redis, size));
        } finally {
          await redis.stop();
        }
        console.error(
          `${figure.name}, ${number(size)} ${figure.of}: ${found.at(-1).map(number).join(', ')}`,
        );
      }
      figure.units.forEach((unit, i) => {
        const values = found.map((value) => value[i]);
        const times = `${number(values.at(-1) / values[0])}x`;
        const label = `${sizes.map(number).join(' / ')} ${figure.of}`;
        rows.push([figure.name, label, unit, values.map(number).join(' / '), times]);
      });
    }
    console.log(`\nGrowth on ${name}\n`);
    console.log(table(['figure', 'sizes', 'unit', 'values', 'growth'], rows));
  }
}

function number(value) {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}
