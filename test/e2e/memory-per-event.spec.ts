import { expect, it } from '@jest/globals';
import { takeSample } from '../bench/take-sample.mjs';
import { startRedis } from '../support/redis-server.js';

const ROWS = new URL('../bench/rows/heap.mjs', import.meta.url).href;

/** What is kept of an event has at least a signal and a message: many times as much. What caches hold is left. */
const NOISE_BYTES = 120;

// Those where most that may be kept is made; `npm run bench -- --only heap` measures all of them, and longer.
it.each(['request scope, timeout', 'retries, counted'])(
  'keeps nothing of 8,000 events in memory (%s)',
  async (title) => {
    const { url } = await startRedis();
    const job = { module: ROWS, row: 'heap', contender: { title }, count: 8_000 };
    const { figures } = await takeSample({ ...job, url });
    expect(figures['bytes an event']).toBeLessThan(NOISE_BYTES);
    // Those of the listeners, which are there as long as they read: none of an event.
    expect(figures['timers']).toBeLessThan(500);
  },
  240_000,
);
