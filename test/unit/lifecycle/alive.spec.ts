import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clock } from '../../../lib/timing/clock.js';
import { waitFor } from '../../support/wait-for.js';
import { ConsumerStage, loggerOf } from './consumer-stage.js';

const EVENTS = [1, 2, 3, 4, 5, 6];

/** How a call fails. */
type Fault = 'throws' | 'rejects';

/** Lets the n-th call fail, and counts the calls. */
class Fuse {
  calls = 0;
  constructor(
    private readonly n: number,
    private readonly fault: Fault,
  ) {}

  /** @param promises whether what is called could reject. */
  pass<T>(call: () => T, promises = true): T {
    this.calls++;
    if (this.calls !== this.n) return call();
    const error = new Error(`call ${this.n} ${this.fault}`);
    if (this.fault === 'throws' || !promises) throw error;
    return Promise.reject(error) as T;
  }
}

const nothing = (): unknown => undefined;

/** Where calls may fail: in each case it is said which of them go through the fuse. */
const PLACES: Record<string, (stage: ConsumerStage, fuse: Fuse) => void> = {
  'of the store': (stage, fuse) => (stage.meddle = (call, promises) => fuse.pass(call, promises)),
  'of the clock': (_, fuse) => {
    const { now } = clock;
    jest.spyOn(clock, 'now').mockImplementation(() => fuse.pass(() => now.call(clock), false));
  },
  'of the logger': (_, fuse) => {
    Logger.overrideLogger(loggerOf(() => fuse.pass(nothing)));
  },
  'of the handler': (stage, fuse) => (stage.handler = () => fuse.pass(nothing)),
};

describe('a listener in which any single call fails', () => {
  /** Jest itself fails a test for what nobody catches; this is told what is thrown in telling that. */
  let warnings: jest.SpiedFunction<typeof process.emitWarning>;

  beforeEach(() => {
    warnings = jest.spyOn(process, 'emitWarning');
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    Logger.overrideLogger(loggerOf(() => undefined));
  });
  afterEach(() => {
    Logger.overrideLogger(['log', 'warn', 'error']);
    jest.restoreAllMocks();
  });

  /** Handles six events while one call fails. @returns how many calls there were. */
  async function run(place: string, n: number, fault: Fault): Promise<number> {
    const fuse = new Fuse(n, fault);
    const stage = new ConsumerStage();
    await stage.append(1, 3);
    const starting = stage.consumer.start();
    PLACES[place]?.(stage, fuse);
    await starting;
    for (let i = 4; i <= EVENTS.length; i++) await stage.append(i, i);
    await waitFor(() => {
      const { status, error } = stage.consumer.state();
      // It never says one thing and means another.
      expect(status === 'failing').toBe(error !== undefined);
      return stage.isDone && status === 'reading';
    });
    // Time for what is done again and again.
    await delay(60);
    await waitFor(() => stage.consumer.state().status === 'reading');
    jest.mocked(clock.now).mockRestore?.();
    stage.meddle = (call) => call();
    await stage.consumer.stop(1_000);
    const where = `call ${n} ${place} ${fault}`;
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
        for (let n = 1; n <= Math.min(most, 150); n++) await run(place, n, fault);
      },
      120_000,
    );
  });
});
