import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { disturbanceOf } from './disturbance.mjs';
import { resultOf } from './results.mjs';
import { runRow, type Job, type Row, type Sample } from './runner.mjs';
import { median, percentile, ratiosWithinRounds } from './statistics.mjs';
import { takeSample } from './take-sample.mjs';

const FAULTY = new URL('../fixtures/bench/faulty-peer.mjs', import.meta.url).href;
const FIGURE = 'events/s';

const row: Row = {
  ...{ group: 'test', name: 'a row', module: '', better: 'higher', compared: [FIGURE] },
  counts: { smoke: 40 },
  contenders: () => [{ title: 'raw' }, { title: 'ours' }, { title: 'theirs' }],
};

/** Runs a row whose samples are told, not taken. */
function run(rounds: number, take: (job: Job) => Sample, retries = 0) {
  const startServer = () => Promise.resolve({ url: '', stop: () => Promise.resolve() });
  const options = { mode: 'smoke', rounds, retries, startServer };
  return runRow(row, { ...options, take: (job) => Promise.resolve(take(job)) });
}

describe('The statistics of the bench', () => {
  it('are medians, also of an even number of values, and percentiles', () => {
    expect(median([30, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 30])).toBe(3);
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([percentile(hundred, 0.5), percentile(hundred, 0.99)]).toEqual([50, 99]);
  });

  it('compare what was measured in the same round', async () => {
    // A machine that becomes slower from round to round, which meets everybody.
    const rates = { raw: [100, 50, 10], ours: [90, 45, 9], theirs: [50, 10, 5] };
    const next = { raw: 0, ours: 0, theirs: 0 };
    const runs = await run(3, ({ contender }) => {
      const title = contender.title as keyof typeof rates;
      return { figures: { [FIGURE]: rates[title][next[title]++]! } };
    });

    const [, ours, theirs] = resultOf(row, runs, { mode: 'smoke', rounds: 3 }).contenders;
    expect(ours?.figures[FIGURE]).toEqual({
      ...{ median: 45, min: 9, max: 90 },
      ratio: { median: 0.9, min: 0.9, max: 0.9 },
    });
    expect(theirs?.figures[FIGURE]?.ratio).toEqual({ median: 0.5, min: 0.2, max: 0.5 });
    expect(() => ratiosWithinRounds([1, 2], [1])).toThrow();
  });
});

describe('The rounds of the bench', () => {
  it('shift the order by one each', async () => {
    const order: string[] = [];
    await run(3, ({ contender }) => {
      order.push(contender.title);
      return { figures: {} };
    });
    const rounds = [order.slice(0, 3), order.slice(3, 6), order.slice(6)];
    expect(rounds.map(([first]) => first)).toEqual(['raw', 'ours', 'theirs']);
    for (const titles of rounds) expect(new Set(titles).size).toBe(3);
  });

  it('take a disturbed sample again, so often and no more, and say so', async () => {
    const disturbed = { raw: [false], ours: [true, false], theirs: [true, true, true, true] };
    let value = 0;
    const runs = await run(
      1,
      ({ contender }) => ({
        figures: { [FIGURE]: ++value },
        disturbed: disturbed[contender.title as keyof typeof disturbed].shift()
          ? 'by others'
          : undefined,
      }),
      2,
    );

    const { contenders } = resultOf(row, runs, { mode: 'smoke', rounds: 1 });
    expect(contenders).toMatchObject([
      { title: 'raw', retries: 0, disturbed: 0, figures: { [FIGURE]: { median: 1 } } },
      { title: 'ours', retries: 1, disturbed: 0, figures: { [FIGURE]: { median: 3 } } },
      { title: 'theirs', retries: 2, disturbed: 1, figures: { [FIGURE]: { median: 6 } } },
    ]);
  });

  it('call a sample disturbed where others took a core, or the core was uneven', () => {
    const sample = (foreign: number | undefined, spins: [number, number] = [1, 1.1]) => {
      const busy = foreign === undefined ? undefined : 0.9 + foreign;
      return { time: 1, spins, cores: [{ name: 'client', busy, own: 0.9 }] };
    };
    expect(disturbanceOf(sample(0.05))).toBeUndefined();
    expect(disturbanceOf(sample(0.2))).toContain('20 % of the core of the client');
    expect(disturbanceOf(sample(undefined))).toBeUndefined();
    expect(disturbanceOf(sample(undefined, [1, 2]))).toContain('2.0 times as fast');
  });
});

describe('The applications of the bench', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  const rows = (group: string) => new URL(`rows/${group}.mjs`, import.meta.url).href;
  /** One sample of a peer with a fault, in a process of its own. */
  async function sampleOf(group: string, name: string, fault: string) {
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
    const contenders = () => [{ title: 'faulty', file: FAULTY, options: { fault } }];
    return runRow(
      { ...row, module: rows(group), name, contenders },
      {
        ...{ mode: 'smoke', rounds: 1, retries: 0 },
        startServer: () => Promise.resolve({ url: redis.url, stop: () => Promise.resolve() }),
        take: (job) => takeSample({ ...job, patience: 300 }),
      },
    );
  }

  it.each([
    ['fire', 'fire, awaited one by one', 'none', undefined],
    ['fire', 'fire, awaited one by one', 'does not fire one', '1 of 40 events were lost'],
    ['fire', 'fire, awaited one by one', 'fires one twice', '-1 of 40 events were lost'],
    ['handle', 'handle, batch_size 10', 'none', undefined],
    [
      'handle',
      'handle, batch_size 10',
      'does not hand over one',
      'Event 8 came where event 7 was due',
    ],
    ['handle', 'handle, batch_size 10', 'does not hand over the last', 'Event 79 did not come'],
    ['handle', 'handle, batch_size 10', 'leaves one pending', '1 of 40 events were lost'],
  ])('%s: "%s" by a peer that has the fault "%s"', async (group, name, fault, error) => {
    const taken = sampleOf(group, name, fault);
    if (error === undefined) expect((await taken)[0]?.samples[0]?.lost).toBe(0);
    else await expect(taken).rejects.toThrow(error);
  });

  it('all start, and do their work', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      ...['test/bench/bench.mjs', '--smoke'],
    ]);
    expect(stderr.replaceAll(/^\(\d+\.\d s\)\n/gm, '')).toBe('');
    for (const title of ['BullMQ', 'nestjs-lightbus, validation off', 'history, by name']) {
      expect(stdout).toContain(`| ${title} `);
    }
  }, 60_000);
});
