import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { Handled } from './handled.mjs';
import { inFlight } from './in-flight.mjs';

const STREAM = 'bench.*:stream';

/** What one would write by hand: no validation, no ownership, no recovery. */
export class RawIoredis extends Handled {
  static title = 'raw ioredis';

  static async start(url, batchSize) {
    const contender = new RawIoredis(new Redis(url), new Redis(url));
    await contender.client.xgroup('CREATE', STREAM, 'group', '0', 'MKSTREAM');
    if (batchSize) contender.reading = contender.read(batchSize);
    return contender;
  }

  constructor(client, blocking) {
    super();
    this.client = client;
    this.blocking = blocking;
  }

  fire(count, most) {
    return inFlight(count, most, (n) => this.client.xadd(STREAM, '*', ...fields(n)));
  }

  store(count) {
    return this.fire(count, 1_000);
  }

  async read(batchSize) {
    const { blocking, client } = this;
    while (!this.closed) {
      const reply = await blocking
        .xreadgroup(
          ...['GROUP', 'group', 'consumer', 'COUNT', batchSize, 'BLOCK', 5_000],
          ...['STREAMS', STREAM, '>'],
        )
        .catch(() => null);
      const entries = reply?.[0]?.[1] ?? [];
      for (const [id, flat] of entries) {
        JSON.parse(flat.at(-1));
        await this.one();
        // One by one: an event that is handled must not come again because a later one fails.
        await client.xack(STREAM, 'group', id);
      }
    }
  }

  async close() {
    this.closed = true;
    this.blocking.disconnect();
    await this.reading;
    this.client.disconnect();
  }
}

function fields(n) {
  const metadata = [
    'id',
    randomUUID(),
    'api_name',
    'bench',
    'event_name',
    'counted',
    'version',
    '1',
  ];
  return [...metadata, ':n', JSON.stringify(n), ':text', JSON.stringify('some text')];
}
