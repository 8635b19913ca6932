import { createRequire } from 'node:module';
import { afterEach, expect, it, jest } from '@jest/globals';
import { realTime as loadedEarlier } from '../../../lib/testing/real-time.js';

const require = createRequire(import.meta.url);
const { uptime } = process;
const restored: (() => void)[] = [];

afterEach(() => {
  jest.useRealTimers();
  restored.splice(0).forEach((restore) => restore());
});

/** As fake clocks do that know Node's modules, too (@sinonjs/fake-timers, which Vitest has). */
function stand(module: string, name: string, replacement: unknown): void {
  const exports = require(module) as Record<string, unknown>;
  const before = exports[name];
  exports[name] = replacement;
  restored.push(() => (exports[name] = before));
}

async function passes(realTime: typeof loadedEarlier): Promise<void> {
  const [begin, really] = [realTime.now(), uptime()];
  await realTime.sleep(20);
  expect(realTime.now() - begin).toBeGreaterThanOrEqual(19);
  expect(uptime() - really).toBeGreaterThanOrEqual(0.019);
}

it.each(['before it is loaded', 'later'])(
  'passes under a fake clock that came %s',
  async (when) => {
    const stopped = () => new Promise(() => undefined);
    stand('node:timers/promises', 'setTimeout', stopped);
    stand('node:timers', 'setTimeout', () => undefined);
    stand('node:perf_hooks', 'performance', { now: () => 0 });
    jest.useFakeTimers();
    jest.resetModules();
    const fresh = await import('../../../lib/testing/real-time.js');
    expect(fresh.realTime).not.toBe(loadedEarlier);
    await passes(when === 'later' ? loadedEarlier : fresh.realTime);
  },
);
