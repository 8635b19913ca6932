import { randomBytes } from 'node:crypto';
import { Counted, startApplication } from '../growth/application.mjs';
import { longestWait } from '../growth/costs.mjs';
import { costsWhile } from '../measure.mjs';
import { fill, streamOf } from '../growth/streams.mjs';
import { growthRows } from '../growth/rows.mjs';

/** How many events are fired again. */
const RETRIES = 3;

/** What firing costs. */
export const ROWS = growthRows(import.meta.url, [
  {
    name: 'fire under an own id (UUID version 7)',
    of: 'entries of the last seconds',
    sizes: [100, 100_000],
    quick: [100, 10_000],
    units: ['ms', 'ms of a retry', 'us CPU of Redis'],
    async measure({ url, client }, entries) {
      const { bus, close } = await startApplication(url, {});
      await bus.fire(Counted, { n: 0, text: 'warms up' }, { id: uuid7() });
      await fill(client, 'growth', entries);
      const ids = Array.from({ length: 20 }, uuid7);
      const fire = async () => {
        for (const id of ids) await bus.fire(Counted, { n: 1, text: 'some text' }, { id });
      };
      const first = await costsWhile(fire);
      const retry = await costsWhile(fire);
      await close();
      const each = (seconds) => (seconds / ids.length) * 1e3;
      return [each(first.time), each(retry.time), each(first.redis) * 1e3];
    },
  },
  {
    name: 'fire again under an id that fire made',
    of: 'entries stored since',
    sizes: [100, 100_000],
    quick: [100, 10_000],
    units: [
      'ms, where it was stored',
      'ms, where it was not',
      'ms that Redis keeps others waiting, where it was not',
    ],
    async measure({ url, client }, entries) {
      const { bus, close } = await startApplication(url, {});
      const event = { n: 0, text: 'some text' };
      const first = [];
      for (let n = 0; n < 3 * RETRIES; n++) first.push(await bus.fire(Counted, event));
      const stored = first.slice(0, RETRIES);
      // What never arrived is not found before the end of the stream.
      const missing = first.slice(RETRIES);
      await client.xdel(streamOf('growth'), ...missing.map(({ nativeId }) => nativeId));
      await fill(client, 'growth', entries);
      const retry = async (events) => {
        for (const { id } of events) await bus.fire(Counted, event, { id });
      };
      const each = ({ time }) => (time / RETRIES) * 1e3;
      const found = each(await costsWhile(() => retry(stored)));
      const notFound = each(await costsWhile(() => retry(missing.slice(RETRIES))));
      const wait = await longestWait(url, () => retry(missing.slice(0, RETRIES)));
      const length = await client.xlen(streamOf('growth'));
      if (length !== entries + 3 * RETRIES) throw new Error(`The stream has ${length} entries.`);
      await close();
      return [found, notFound, wait * 1e3];
    },
  },
]);

function uuid7() {
  const time = Date.now().toString(16).padStart(12, '0');
  const noise = randomBytes(10).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${noise.slice(0, 3)}-8${noise.slice(3, 6)}-${noise.slice(6, 18)}`;
}
