import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DisconnectedError } from '../../../../lib/errors.js';
import { HeldEntries } from '../../../../lib/reading/membership/held-entries.js';
import { Presence } from '../../../../lib/reading/membership/presence.js';
import type { ReadingNews } from '../../../../lib/reading/reading-news.js';
import { Upkeep, type UpkeepSettings } from '../../../../lib/reading/membership/upkeep.js';
import { ReplacedError } from '../../../../lib/store/ownership-errors.js';
import { FaultyStore } from '../faulty-store.js';
import { member } from '../reading-stage.js';

const w1 = member('w1');

describe('Upkeep', () => {
  let faulty: FaultyStore;
  let told: { news: ReadingNews[]; failed: unknown[] };
  let upkeep: Upkeep;
  let held: HeldEntries;

  beforeEach(async () => {
    jest.useFakeTimers();
    faulty = new FaultyStore();
    held = new HeldEntries('0');
    told = { news: [], failed: [] };
    await faulty.memory.openGroup(w1, { since: '0' });
  });
  afterEach(() => {
    upkeep.stop();
    jest.useRealTimers();
  });

  async function start(settings: Partial<UpkeepSettings> = {}): Promise<void> {
    upkeep = new Upkeep(
      ...([faulty.store, w1] as const),
      {
        acknowledgementTimeoutMs: 60_000,
        reclaimIntervalMs: 60_000,
        consumerTtlMs: 300_000,
        ...settings,
      },
      new Presence(faulty.store, w1.holder),
      held,
      {
        tell: (news) => void told.news.push(news),
        failed: (error) => void told.failed.push(error),
      },
    );
    await upkeep.start();
  }

  async function hold(count: number): Promise<void> {
    const entries = Array.from({ length: count }, () => ['value', '']);
    await faulty.memory.append(w1.stream, entries, { maxLength: null, timeoutMs: 1 });
    for (const entry of await faulty.memory.readNew(w1, count)) held.hold(entry);
  }

  it('asks nothing while nothing is in hand, but shows now and then that the consumer is there', async () => {
    await start();
    await jest.advanceTimersByTimeAsync(600_000);
    expect(faulty.callsOf('keepAlive')).toEqual([]);
    expect(faulty.callsOf('refresh')).toHaveLength(10);
  });

  it('keeps alive three times within the acknowledgement timeout, all entries with one command', async () => {
    await start();
    await hold(1_001);
    await jest.advanceTimersByTimeAsync(60_000);
    const lengths = faulty.callsOf('keepAlive').map(([, ids]) => (ids as string[]).length);
    expect(lengths).toEqual([1_001, 1_001, 1_001]);
    expect(upkeep.isOverdue).toBe(false);
  });

  it('keeps one that is handled no more, whether or not that is confirmed', async () => {
    await start();
    await hold(1);
    held.markHandled(held.unhandled()[0]!);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(faulty.callsOf('keepAlive')).toEqual([]);
  });

  it('knows that it is overdue where it stood still for the acknowledgement timeout', async () => {
    await start();
    jest.setSystemTime(Date.now() + 59_000);
    expect(upkeep.isOverdue).toBe(false);
    jest.setSystemTime(Date.now() + 1_000);
    expect(upkeep.isOverdue).toBe(true);
    await upkeep.keepAlive();
    expect(upkeep.isOverdue).toBe(false);
  });

  it('looks for consumers that are gone once an hour, or as often as consumer_ttl', async () => {
    await start({ consumerTtlMs: 7_200_000 });
    await jest.advanceTimersByTimeAsync(3 * 3_600_000);
    expect(faulty.callsOf('cleanUp')).toHaveLength(3);
    upkeep.stop();
    faulty.calls.length = 0;
    await start({ consumerTtlMs: 300_000 });
    await jest.advanceTimersByTimeAsync(1_800_000);
    expect(faulty.callsOf('cleanUp')).toHaveLength(6);
  });

  it('tells once that it fails, and again after it has worked; a lost connection is told elsewhere', async () => {
    await start();
    faulty.fail('refresh', 3);
    await jest.advanceTimersByTimeAsync(180_000);
    expect(told.news.map(({ kind }) => kind)).toEqual(['upkeep_failed']);
    await jest.advanceTimersByTimeAsync(60_000);
    faulty.fail('refresh', 1);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(told.news).toHaveLength(2);
    faulty.fail('refresh', 1, new DisconnectedError('no connection'));
    await jest.advanceTimersByTimeAsync(60_000);
    expect(told).toMatchObject({ news: { length: 2 }, failed: [] });
  });

  it('that is told to have been replaced says so, and nothing else', async () => {
    await start();
    await hold(1);
    const error = new ReplacedError('replaced');
    faulty.fail('keepAlive', 1, error);
    await jest.advanceTimersByTimeAsync(20_000);
    expect(told).toEqual({ news: [], failed: [error] });
  });

  it('does nothing more once it is stopped, also where a command was under way', async () => {
    await start();
    await hold(1);
    const first = faulty.hold('keepAlive', new ReplacedError('the name was given up'));
    await jest.advanceTimersByTimeAsync(20_000);
    await first.entered;
    upkeep.stop();
    first.release();
    await jest.advanceTimersByTimeAsync(600_000);
    expect(told).toEqual({ news: [], failed: [] });
    expect(faulty.callsOf('refresh')).toEqual([]);
  });

  it('does not begin anew while a command is under way', async () => {
    await start({ acknowledgementTimeoutMs: 3_000 });
    await hold(1);
    const first = faulty.hold('keepAlive');
    await jest.advanceTimersByTimeAsync(30_000);
    expect(faulty.callsOf('keepAlive')).toHaveLength(1);
    first.release();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(faulty.callsOf('keepAlive').length).toBeGreaterThan(1);
  });
});
