// npm run bench:memory -- [--events 2000000] [--node <path of a node>, again for another one] [--only <name>]
// How many bytes of each event stay in memory, in every configuration of a listener: none may.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CONFIGURATIONS } from './memory-configurations.mjs';
import { startRedis } from './redis.mjs';
import { table } from './table.mjs';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '2000000' },
    node: { type: 'string', multiple: true, default: [process.execPath] },
    only: { type: 'string' },
  },
});
const RUN = fileURLToPath(new URL('memory-run.mjs', import.meta.url));

const rows = [];
for (const node of values.node) {
  const version = await run(node, ['--version']);
  for (const name of Object.keys(CONFIGURATIONS)) {
    if (values.only !== undefined && name !== values.only) continue;
    const redis = await startRedis();
    try {
      const found = JSON.parse(
        await run(node, ['--expose-gc', RUN, name, values.events, redis.url]),
      );
      const { events, bytes, rate } = found;
      rows.push([version, name, events.toLocaleString('en'), bytes.toFixed(2), rate.toFixed(0)]);
      console.error(rows.at(-1).join('  '));
    } finally {
      await redis.stop();
    }
  }
}
console.log(table(['node', 'listener', 'events', 'bytes each', 'events/s'], rows));

async function run(node, args) {
  const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${node} ${args.join(' ')} ended with ${code}.`);
  return output.trim();
}
