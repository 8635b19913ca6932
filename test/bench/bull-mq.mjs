import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Handled } from './handled.mjs';
import { inFlight } from './in-flight.mjs';

/** Jobs instead of events: one queue, one worker, one job at a time, which is what keeps order. */
export class BullMq extends Handled {
  static title = 'BullMQ';

  static async start(url, batchSize) {
    const connection = new Redis(url, { maxRetriesPerRequest: null });
    const contender = new BullMq(connection, new Queue('bench', { connection }));
    await contender.queue.waitUntilReady();
    if (batchSize) {
      contender.worker = new Worker('bench', () => contender.one(), { connection, concurrency: 1 });
      await contender.worker.waitUntilReady();
    }
    return contender;
  }

  constructor(connection, queue) {
    super();
    this.connection = connection;
    this.queue = queue;
  }

  fire(count, most) {
    return inFlight(count, most, (n) => this.queue.add('counted', { n, text: 'some text' }));
  }

  store(count) {
    return this.fire(count, 1_000);
  }

  async close() {
    await this.worker?.close();
    await this.queue.close();
    this.connection.disconnect();
  }
}
