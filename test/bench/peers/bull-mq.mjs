import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { eventOf } from './events.mjs';

/** Jobs instead of events: one queue, one worker, one job at a time, which is what keeps order. */
export async function start({ url, handler }) {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const blocking = new Redis(url, { maxRetriesPerRequest: null });
  // Those that are done would only make its Redis larger.
  const defaultJobOptions = { removeOnComplete: true };
  const queue = new Queue('bench', { connection, defaultJobOptions });
  await queue.waitUntilReady();
  const worker =
    handler &&
    new Worker('bench', ({ data }) => handler(data), { connection: blocking, concurrency: 1 });
  await worker?.waitUntilReady();
  return {
    fire: (event) => queue.add('placed', event),
    fireAll: (events) => queue.addBulk(events.map((data) => ({ name: 'placed', data }))),
    async store(_, count, { from = 0 } = {}) {
      for (let n = from; n < count; n += 1_000) {
        const length = Math.min(1_000, count - n);
        await this.fireAll(Array.from({ length }, (_, i) => eventOf(n + i)));
      }
    },
    stored: () => queue.getWaitingCount(),
    pending: () => queue.getJobCountByTypes('waiting', 'active', 'failed'),
    async close() {
      await worker?.close();
      await queue.close();
      connection.disconnect();
      blocking.disconnect();
    },
  };
}
