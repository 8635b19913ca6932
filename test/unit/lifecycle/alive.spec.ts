import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clock } from '../../../lib/timing/clock.js';
import { waitFor } from '../../support/wait-for.js';
import { ConsumerStage, loggerOf } from './consumer-stage.js';

const EVENTS = [1, 2, 3, 4, 5, 6];

/** How a call fails. */
type Fault = 'throws' | 'rejects';

/** Lets the n-th call fail, and counts the calls, as long as it is armed. */
class Fuse {
  calls = 0;
  isArmed = false;
  constructor(
    readonly place: string,
    private readonly n: number,
    private readonly fault: Fault,
  ) {}

  /** @param promises whether what is called could reject. */
  pass<T>(call: () => T, promises = true): T {
    if (!this.isArmed || ++this.calls !== this.n) return call();
    const error = new Error(`call ${this.n} ${this.fault}`);
    if (this.fault === 'throws' || !promises) throw error;
    return Promise.reject(error) as T;
  }
}

const nothing = (): unknown => undefined;

/** The fuse of the run that something is called in: they run side by side. */
const fuses = new AsyncLocalStorage<Fuse>();

/** Calls of what all runs share go through the fuse of their own. */
function pass<T>(place: string, call: () => T, promises = true): T {
  const fuse = fuses.getStore();
  return fuse?.place === place ? fuse.pass(call, promises) : call();
}

/** How many runs there are at once: they wait for most of their time. */
const AT_ONCE = 10;

/** Where calls may fail, and what of a run's own stage is to go through its fuse. */
const PLACES: Record<string, (stage: ConsumerStage, fuse: Fuse) => void> = {
  'of the store': (stage, fuse) => (stage.meddle = (call, promises) => fuse.pass(call, promises)),
  'of the clock': nothing,
  'of the logger': nothing,
  'of the handler': (stage, fuse) => (stage.handler = () => fuse.pass(nothing)),
};

describe('a listener in which any single call fails', () => {
  /** Jest itself fails a test for what nobody catches; this is told what is thrown in telling that. */
  let warnings: jest.SpiedFunction<typeof process.emitWarning>;

  beforeEach(() => {
    warnings = jest.spyOn(process, 'emitWarning');
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    Logger.overrideLogger(loggerOf(() => pass('of the logger', nothing)));
    const { now } = clock;
    jest
      .spyOn(clock, 'now')
      .mockImplementation(() => pass('of the clock', () => now.call(clock), false));
  });
  afterEach(() => {
    Logger.overrideLogger(['log', 'warn', 'error']);
    jest.restoreAllMocks();
  });

  /** Handles six events while one call fails. @returns how many calls there were. */
  function run(place: string, n: number, fault: Fault): Promise<number> {
    const fuse = new Fuse(place, n, fault);
    return fuses.run(fuse, () => runWith(fuse, `call ${n} ${place} ${fault}`));
  }

  async function runWith(fuse: Fuse, where: string): Promise<number> {
    const stage = new ConsumerStage();
    await stage.append(1, 3);
    const starting = stage.consumer.start();
    PLACES[fuse.place]?.(stage, fuse);
    fuse.isArmed = true;
    await starting;
    for (let i = 4; i <= EVENTS.length; i++) await stage.append(i, i);
    await waitFor(() => {
      const { status, failing } = stage.consumer.state();
      // It never says one thing and means another.
      expect(status === 'failing').toBe(failing !== null);
      return stage.isDone && status === 'reading';
    });
    // Time for what is done again and again.
    await delay(60);
    await waitFor(() => stage.consumer.state().status === 'reading');
    fuse.isArmed = false;
    await stage.consumer.stop(1_000);
    expect([where, stage.handled]).toEqual([where, EVENTS]);
    expect([where, stage.again.length <= 1]).toEqual([where, true]);
    expect([where, warnings.mock.calls]).toEqual([where, []]);
    expect(stage.consumer.state()).toMatchObject({ status: 'stopped' });
    return fuse.calls;
  }

  describe.each(Object.keys(PLACES))('%s', (place) => {
    it.each<Fault>(['throws', 'rejects'])(
      'handles all events in order, one once more at most, whichever call %s',
      async (fault) => {
        const most = await run(place, Infinity, fault);
        expect(most).toBeGreaterThan(0);
        const calls = Array.from({ length: Math.min(most, 150) }, (_, i) => i + 1);
        for (let first = 0; first < calls.length; first += AT_ONCE) {
          const some = calls.slice(first, first + AT_ONCE);
          await Promise.all(some.map((n) => run(place, n, fault)));
        }
      },
      120_000,
    );
  });
});
