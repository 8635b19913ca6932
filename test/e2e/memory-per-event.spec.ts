import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { startRedis } from '../support/redis-server.js';

const RUN = 'test/bench/memory-run.mjs';

/** What is kept of an event has at least a signal and a message: many times as much. What caches hold is left. */
const NOISE_BYTES = 120;

// Those where most that may be kept is made; `npm run bench:memory` measures all of them, and longer.
it.each(['request scope, timeout', 'retries, counted'])(
  'keeps nothing of 8,000 events in memory (%s)',
  async (configuration) => {
    const redis = await startRedis();
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...['--expose-gc', RUN, configuration, '8000', redis.url],
    ]);
    const { bytes, timers } = JSON.parse(stdout) as { bytes: number; timers: number };
    expect(bytes).toBeLessThan(NOISE_BYTES);
    // Those of the listeners, which are there as long as they read: none of an event.
    expect(timers).toBeLessThan(500);
  },
  240_000,
);
