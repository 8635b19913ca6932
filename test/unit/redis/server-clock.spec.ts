import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Redis } from 'ioredis';
import { ServerClock } from '../../../lib/redis/server-clock.js';
import { connectTo } from '../../support/redis-clients.js';
import { startRedis } from '../../support/redis-server.js';
import { waitFor } from '../../support/wait-for.js';

afterEach(() => {
  jest.restoreAllMocks();
});

/** What the server says when it is asked; `null` for nothing. */
class Asked extends EventEmitter {
  says: number | null = 1_700_000_000_000;
  times = 0;
  time = async () => {
    this.times++;
    if (this.says === null) throw new Error('NOPERM');
    return [Math.floor(this.says / 1000), (this.says % 1000) * 1000];
  };
}

async function clockOf(asked: Asked): Promise<ServerClock> {
  const clock = new ServerClock(asked as unknown as Redis);
  asked.emit('ready');
  await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  return clock;
}

describe('ServerClock', () => {
  it("tells the server's time, never later than it is", async () => {
    const redis = await startRedis();
    const client = connectTo(redis.url);
    const clock = new ServerClock(client);
    expect(clock.now()).toBeUndefined();
    const told = await waitFor(() => clock.now());
    const [seconds = 0, microseconds = 0] = await client.time();
    const time = seconds * 1000 + microseconds / 1000;
    expect(told).toBeLessThanOrEqual(time);
    expect(told).toBeGreaterThan(time - 5_000);
  });

  it('knows nothing without a connection, and where it may not ask', async () => {
    const asked = new Asked();
    const clock = await clockOf(asked);
    expect(clock.now()).toBeGreaterThanOrEqual(1_700_000_000_000);
    asked.emit('close');
    expect(clock.now()).toBeUndefined();
    asked.says = null;
    asked.emit('ready');
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.now()).toBeUndefined();
  });

  it("heeds no change of this machine's clock", async () => {
    const clock = await clockOf(new Asked());
    jest.spyOn(Date, 'now').mockReturnValue(3_000_000_000_000);
    expect(clock.now()).toBeLessThan(1_700_000_001_000);
  });

  it('asks once, and again where it is needed after a minute: a little early until then', async () => {
    const asked = new Asked();
    const clock = await clockOf(asked);
    const before = performance.now();
    const steady = jest.spyOn(performance, 'now').mockReturnValue(before + 50_000);
    expect(clock.now()).toBeLessThan(1_700_000_050_000);
    expect(clock.now()).toBeGreaterThan(1_700_000_049_000);
    expect(asked.times).toBe(1);
    steady.mockReturnValue(before + 70_000);
    asked.says = 1_600_000_000_000;
    clock.now();
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked.times).toBe(2);
    expect(clock.now()).toBe(1_600_000_000_000);
  });
});
