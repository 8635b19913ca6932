import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { sharedRedis, uniqueName } from '../support/redis-server.js';
import { startWorker, type WorkerSettings } from '../support/worker-process.js';
import { waitFor } from '../support/wait-for.js';

interface Fact {
  readonly start?: number;
  readonly done?: number;
  readonly process: string;
  readonly delivery?: number;
}

describe('a worker that is killed in the middle of a handler', () => {
  let redis: Redis;
  let redisUrl: string;

  beforeAll(async () => {
    expect(existsSync('dist/index.js')).toBe(true);
    const shared = await sharedRedis();
    redisUrl = shared.url;
    redis = shared.client();
  });

  function settings(changes: Partial<WorkerSettings> = {}): WorkerSettings {
    return {
      redisUrl,
      api: uniqueName('restart'),
      service: 'svc',
      process: 'w1',
      log: uniqueName('log'),
      hold: 3,
      ...changes,
    };
  }

  async function fire(api: string, n: number): Promise<void> {
    const fields = [
      'id',
      `id-${n}`,
      'api_name',
      api,
      'event_name',
      'counted',
      'version',
      '1',
      ':n',
      String(n),
    ];
    await redis.xadd(`${api}.*:stream`, '*', ...fields);
  }

  async function facts(log: string): Promise<Fact[]> {
    return (await redis.lrange(log, 0, -1)).map((line) => JSON.parse(line) as Fact);
  }

  /** How many entries the group has handed out and not seen acknowledged. */
  async function pendingOf({ api }: WorkerSettings): Promise<number> {
    const [count] = await redis.xpending(`${api}.*:stream`, 'svc-worker');
    return Number(count);
  }

  /** How many entries the group has handed out. */
  async function delivered({ api }: WorkerSettings): Promise<number> {
    const [group] = (await redis.xinfo('GROUPS', `${api}.*:stream`)) as unknown[][];
    const upTo = String(group![group!.indexOf('last-delivered-id') + 1]);
    return (await redis.xrange(`${api}.*:stream`, '-', upTo)).length;
  }

  async function killInEvent3(worker: WorkerSettings): Promise<void> {
    for (let n = 1; n <= 6; n++) await fire(worker.api, n);
    const first = startWorker(worker);
    await waitFor(async () => (await facts(worker.log)).some(({ start }) => start === 3), {
      timeoutMs: 20_000,
    });
    // What is handled is acknowledged with the next read, or a moment later.
    await waitFor(async () => (await delivered(worker)) - (await pendingOf(worker)) === 2);
    await first.end('SIGKILL');
    await redis.del(worker.log);
  }

  it.each([1, 4])(
    'handles that event first, within the 3 s of its lease, under the same process name; then the rest in order (batch_size %i)',
    async (batch_size) => {
      // A timeout that cannot pass during the test: only the process name can be the reason.
      const worker = settings({ settings: { batch_size, acknowledgement_timeout: 3600 } });
      await killInEvent3(worker);

      const killedAt = Date.now();
      const second = startWorker({ ...worker, hold: undefined });
      await waitFor(async () => (await facts(worker.log)).length > 0, { timeoutMs: 20_000 });
      // The 3 s of the lease, and 4 s for the start of a process on a busy machine.
      expect(Date.now() - killedAt).toBeLessThan(7_000);
      const seen = await waitFor(
        async () => {
          const all = await facts(worker.log);
          return all.filter(({ done }) => done).length === 4 ? all : undefined;
        },
        { timeoutMs: 20_000 },
      );
      expect(seen.filter(({ done }) => done).map(({ done }) => done)).toEqual([3, 4, 5, 6]);
      expect(seen[0]).toEqual({ start: 3, process: 'w1', delivery: 2 });
      await second.end('SIGTERM');
      const [count] = await redis.xpending(`${worker.api}.*:stream`, 'svc-worker');
      expect(count).toBe(0);
    },
    60_000,
  );

  it('leaves that event to another process name after acknowledgement_timeout, and not before', async () => {
    const worker = settings({ settings: { acknowledgement_timeout: 10, reclaim_interval: 0.2 } });
    await killInEvent3(worker);

    startWorker({ ...worker, process: 'w2', hold: undefined });
    const seen = await waitFor(
      async () => {
        const all = await facts(worker.log);
        return all.filter(({ done }) => done).length === 4 ? all : undefined;
      },
      { timeoutMs: 20_000 },
    );
    expect(seen.map(({ process }) => process)).toEqual(Array.from(seen, () => 'w2'));
    expect(
      seen
        .filter(({ done }) => done)
        .map(({ done }) => done)
        .sort(),
    ).toEqual([3, 4, 5, 6]);
    const reclaimed = seen.find(({ start }) => start === 3);
    expect(reclaimed?.delivery).toBe(2);
    // The new ones did not wait for the timeout.
    expect(seen[0]?.start).toBe(4);
  }, 60_000);
});
