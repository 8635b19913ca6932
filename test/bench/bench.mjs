// npm run bench [-- --only contenders|growth|entities|bell|<part of a figure's name>] [--rounds 5] [--quick]
//   [--server <folder with a redis-server>, again for another one]
import { parseArgs } from 'node:util';
import { bell } from './bell.mjs';
import { contenders } from './contenders.mjs';
import { entities } from './entities.mjs';
import { growth } from './growth.mjs';

const BENCHES = { contenders, growth, entities, bell };

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    quick: { type: 'boolean', default: false },
    server: { type: 'string', multiple: true },
  },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(
    `Usage: npm run bench -- [--only ${Object.keys(BENCHES).join('|')}|<part of the name of a figure ` +
      'of growth>] [--rounds 5] [--quick] [--server <folder with a redis-server>]...',
  );
  process.exit(2);
}
// Without a folder: the one on the PATH.
const options = { servers: values.server ?? [undefined], rounds, quick: values.quick };
const { only } = values;
if (only === undefined) {
  // The bells are the record of a decision, and say nothing about this module.
  await contenders(options);
  await growth(options);
  await entities(options);
} else if (Object.hasOwn(BENCHES, only)) {
  await BENCHES[only](options);
} else {
  await growth({ ...options, only });
}
