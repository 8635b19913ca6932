import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { sharedRedis } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import {
  addRaw,
  closeApplications,
  GROUP,
  newCountedApi,
  numbers,
  recorderOf,
  start,
  startCounting,
} from './counting.js';

let url: string;
let raw: Redis;
beforeAll(async () => {
  const shared = await sharedRedis();
  url = shared.url;
  raw = shared.client();
});

afterEach(closeApplications);

describe('since', () => {
  /** Three events there already, one fired afterwards. */
  async function seenSince(since: string | Date | ((ids: string[]) => string | Date)) {
    const counted = newCountedApi('since');
    const ids: string[] = [];
    for (const n of numbers(1, 3)) {
      ids.push(await addRaw(raw, counted.stream, n));
      // So that no two have the same millisecond, by Redis's clock.
      const [ms] = ids.at(-1)!.split('-').map(Number);
      await waitFor(async () => {
        const [seconds, micros] = await raw.time();
        return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000) > ms!;
      });
    }
    const resolved = typeof since === 'function' ? since(ids) : since;
    const Recorder = recorderOf(counted, { since: resolved });
    const { app, logs } = await start({ url, service: 'svc', providers: [Recorder] });
    await addRaw(raw, counted.stream, 4);
    await waitFor(() => app.get(Recorder).seen.includes(4));
    const line = logs.find((one) => one.includes('made its consumer group')) ?? '';
    return { seen: app.get(Recorder).seen, line };
  }

  it.each<[string, Parameters<typeof seenSince>[0], number[], number]>([
    ['beginning', 'beginning', [1, 2, 3, 4], 3],
    ['now', 'now', [4], 0],
    ['an instant', (ids) => new Date(Number(ids[1]!.split('-')[0])), [2, 3, 4], 2],
    ['an entry id', (ids) => ids[1]!, [3, 4], 1],
  ])('%s: the group begins there, and the log says so', async (_, since, expected, ahead) => {
    const { seen, line } = await seenSince(since);
    expect(seen).toEqual(expected);
    const entries = ahead === 1 ? '1 entry' : `${ahead} entries`;
    expect(line).toMatch(new RegExp(`since '.+': ${entries} ahead\\.$`));
  });

  it('counts only when the group is made; the option listeners overrides the decorator', async () => {
    const counting = await startCounting({
      url,
      options: { listeners: { recorder: { since: 'now' } } },
    });
    expect(counting.application.logs.some((line) => line.includes("since 'now'"))).toBe(true);
    await counting.application.close();
    await addRaw(raw, counting.stream, 1);
    const { app, logs } = await counting.startAgain();
    await waitFor(() => app.get(counting.Recorder).seen.length === 1);
    expect(logs.some((line) => /goes on in consumer group .*: 1 entry ahead/.test(line))).toBe(
      true,
    );
  });

  it("'now', of a listener that was away: a stream that came into being meanwhile is handled from its beginning", async () => {
    const { api } = newCountedApi('since');
    const stream = (event: string) => `${api}.${event}:stream`;
    const store = (event: string, n: number) =>
      raw.xadd(
        ...[stream(event), '*', 'id', `${event}-${n}`, 'api_name', api, 'event_name', event],
        ...['version', '1', ':n', String(n)],
      );
    const Recorder = recorderOf({ api }, { since: 'now' });
    const parts = {
      url,
      service: 'svc',
      providers: [Recorder],
      redis: { stream_use: 'per_event' },
    };
    await store('counted', 1);
    await store('other', 1);
    const first = await start(parts);
    await store('counted', 2);
    await waitFor(() => first.app.get(Recorder).seen.length === 1);
    await first.close();

    await store('brand_new', 3);
    const second = await start(parts);
    await store('other', 4);
    await waitFor(() => second.app.get(Recorder).seen.length === 2);
    expect(second.app.get(Recorder).seen).toEqual([3, 4]);
  });

  it('is no matter for a group that was destroyed while the service was down: it goes on, and says so', async () => {
    const counting = await startCounting({ url });
    for (const n of [1, 2]) await addRaw(raw, counting.stream, n);
    await waitFor(() => counting.recorder().seen.length === 2);
    await counting.application.close();
    await raw.xgroup('DESTROY', counting.stream, GROUP);
    await addRaw(raw, counting.stream, 3);

    const { app, logs } = await counting.startAgain();
    await waitFor(() => app.get(counting.Recorder).seen.length === 1);
    expect(app.get(counting.Recorder).seen).toEqual([3]);
    expect(logs).toContainEqual(
      expect.stringMatching(/^error .* found its consumer group .* gone .*: 1 entry ahead/),
    );
  });
});
