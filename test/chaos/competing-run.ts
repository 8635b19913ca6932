import { it } from '@jest/globals';
import { compete } from './competing.js';

// Not a spec: `npm run chaos -- --scenario competing` runs it.
it('decides on nothing but the truth, with 50 processes and a Redis that is killed twice', async () => {
  const { violations } = await compete({
    ...{ processes: 50, changes: Number(process.env.CHAOS_TIMES), restarts: 2 },
    onNote: (text) => process.stdout.write(`${new Date().toISOString()} ${text}\n`),
  });
  if (violations.length > 0) throw new Error(violations.slice(0, 20).join('\n'));
});
