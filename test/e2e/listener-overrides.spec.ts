import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { ListenerOverrides } from 'nestjs-lightbus';
import { sharedRedis } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import {
  addRaw,
  closeApplications,
  GROUP,
  newCountedApi,
  pendingCount,
  recorderOf,
  start,
} from './counting.js';

let url: string;
let raw: Redis;
beforeAll(async () => {
  const shared = await sharedRedis();
  url = shared.url;
  raw = shared.client();
});

afterEach(closeApplications);

describe('listeners, by forRootAsync', () => {
  async function startOverridden(overrides: ListenerOverrides) {
    const counted = newCountedApi('overridden');
    // What is overridden, as far as it is.
    const Recorder = recorderOf(counted, {
      onError: 'dead_letter',
      maxAttempts: 3,
      timeout: 60_000,
    });
    const { app } = await start({
      url: url,
      service: 'svc',
      providers: [Recorder],
      options: { listeners: { recorder: overrides } },
      isAsync: true,
    });
    const recorder = app.get(Recorder);
    const attempts: number[] = [];
    recorder.handle = (n) => {
      attempts.push(n);
      if (n === 1) throw new Error('on purpose');
      return n === 2 ? new Promise(() => undefined) : undefined;
    };
    const letters = async () => {
      const key = `lightbus:dead_letters:{${counted.stream}}:${GROUP}`;
      const found = await raw.xrange(key, '-', '+');
      return found.map(([, fields]) => JSON.parse(fields[1] ?? '') as Record<string, unknown>);
    };
    const isPending = async () => (await pendingCount(raw, counted.stream, GROUP)) === 1;
    return {
      add: (n: number) => addRaw(raw, counted.stream, n),
      attempts,
      letters,
      isPending,
      recorder,
    };
  }

  it('maxAttempts: so often it is tried', async () => {
    const { add, attempts, letters, recorder } = await startOverridden({ maxAttempts: 2 });
    await add(1);
    await add(3);
    await waitFor(() => recorder.seen.length === 1);
    expect(attempts).toEqual([1, 1, 3]);
    expect(await letters()).toMatchObject([
      { attempts: 2, message: expect.stringContaining('on purpose') },
    ]);
  });

  it('retryFor and backoff: for so long it is tried, after such waits', async () => {
    const { add, attempts, letters, recorder } = await startOverridden({
      ...{ retryFor: '200ms', backoff: { max: 1 }, maxAttempts: 10_000 },
    });
    await add(1);
    await add(3);
    await waitFor(() => recorder.seen.length === 1);
    // With the decorator's limit it would have been three.
    expect(attempts.length).toBeGreaterThan(4);
    expect(await letters()).toMatchObject([{ attempts: attempts.length - 1, reason: 'failed' }]);
  });

  it('timeout: after so many milliseconds an attempt has failed', async () => {
    const { add, attempts, letters, recorder } = await startOverridden({ timeout: 30 });
    await add(2);
    await add(3);
    await waitFor(() => recorder.seen.length === 1);
    expect(attempts).toEqual([2, 2, 2, 3]);
    expect(await letters()).toMatchObject([
      { attempts: 3, message: expect.stringContaining('30 ms') },
    ]);
  });

  it('onError: what becomes of an event whose handler fails', async () => {
    const lenient = await startOverridden({ onError: 'acknowledge_and_log' });
    await lenient.add(1);
    await lenient.add(3);
    await waitFor(() => lenient.recorder.seen.length === 1);
    expect(lenient.attempts).toEqual([1, 3]);
    expect(await lenient.letters()).toEqual([]);

    const patient = await startOverridden({ onError: 'retry' });
    await patient.add(1);
    await waitFor(() => patient.attempts.length > 4);
    expect(await patient.letters()).toEqual([]);
    expect(await patient.isPending()).toBe(true);
  });
});
