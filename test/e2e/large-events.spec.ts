import { afterEach, describe, expect, it } from '@jest/globals';
import type { Provider } from '@nestjs/common';
import { startRedis } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { closeApplications, newCountedApi, numbers, recorderOf, start } from './counting.js';

afterEach(closeApplications);

describe('events of 50 kB, where Redis ends connections whose answers exceed 1 MB', () => {
  async function startLimited() {
    const server = await startRedis({
      conf: { 'client-output-buffer-limit': 'normal 1048576 1048576 0' },
    });
    const counted = newCountedApi('large');
    const raw = server.client();
    const fields = ['api_name', counted.api, 'event_name', 'counted', 'version', '1'];
    const text = JSON.stringify('x'.repeat(50_000));
    for (const n of numbers(1, 100)) {
      await raw.xadd(counted.stream, '*', 'id', `${n}`, ...fields, ':n', `${n}`, ':text', text);
    }
    const Recorder = recorderOf(counted);
    const application = (providers: Provider[] = [Recorder]) =>
      start({
        ...{ url: server.url, service: 'svc', providers },
        redis: { batch_size: 100 },
      });
    return { application, Recorder, counted };
  }

  it('are handled, also after a restart within the backlog', async () => {
    const { application, Recorder } = await startLimited();
    const first = await application();
    const { seen } = first.app.get(Recorder);
    let closing: Promise<void> | undefined;
    first.app.get(Recorder).handle = () => {
      if (seen.length >= 30) closing ??= first.close();
    };
    await waitFor(() => closing !== undefined, { timeoutMs: 15_000 });
    await closing;
    const second = (await application()).app.get(Recorder);
    await waitFor(() => seen.length + second.seen.length >= 100, { timeoutMs: 15_000 });
    expect([...seen, ...second.seen]).toEqual(numbers(1, 100));
  }, 40_000);

  it('are read as history', async () => {
    const { application, counted } = await startLimited();
    // Without a listener: what several read at once over one connection adds up.
    const { bus } = await application([]);
    const read: unknown[] = [];
    for await (const { payload } of bus.history(`${counted.api}.*`)) read.push(payload.n);
    expect(read).toEqual(numbers(1, 100));
  }, 40_000);
});
