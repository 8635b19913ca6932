// Bare prototypes of what may wake a reader: nothing of this module, so that the figures stay
// comparable while it changes. Each calls `onRing` once something may have been added.
import { Redis } from 'ioredis';

/** A blocking XREAD beside the group: it is sent the first new entry, whole, and the group reads it once more. */
export class BlockingRead {
  static title = 'XREAD BLOCK';

  static async start(url, streams, onRing) {
    const bell = new BlockingRead();
    bell.client = new Redis(url, { protocol: 2 });
    bell.positions = new Map(streams.map((stream) => [stream, '0-0']));
    await bell.client.ping();
    bell.running = bell.run(onRing);
    return bell;
  }

  async run(onRing) {
    const { client, positions } = this;
    for (;;) {
      const args = ['COUNT', 1, 'BLOCK', 5_000, 'STREAMS', ...positions.keys()];
      const reply = await client
        .call('XREAD', ...args, ...positions.values())
        .catch(() => undefined);
      if (reply === undefined) return;
      for (const [stream] of reply ?? []) positions.set(stream, await onRing(stream));
    }
  }

  async stop() {
    this.client.disconnect();
    await this.running;
  }
}

/** Redis tells the connection itself which keys have changed, in RESP2 as messages of a channel. */
export class Tracking {
  static title = 'CLIENT TRACKING';

  static async start(url, streams, onRing) {
    const bell = new Tracking();
    bell.client = new Redis(url, { protocol: 2 });
    const id = await bell.client.client('ID');
    const prefixes = streams.flatMap((stream) => ['PREFIX', stream]);
    await bell.client.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', id, 'BCAST', ...prefixes);
    await bell.client.subscribe('__redis__:invalidate');
    bell.client.on('messageBuffer', (_, keys) => {
      bell.rings++;
      // No keys: the database was emptied.
      for (const key of keys ?? []) void onRing(key.toString());
    });
    return bell;
  }

  rings = 0;

  stop() {
    this.client.disconnect();
  }
}

/** No bell: the group's own blocking read, on a connection of its own. */
export class BlockingGroupRead {
  static title = 'XREADGROUP BLOCK';

  static async start(url, streams, onRing, onEntries) {
    const bell = new BlockingGroupRead();
    bell.client = new Redis(url, { protocol: 2 });
    await bell.client.ping();
    bell.running = bell.run(streams, onEntries);
    return bell;
  }

  async run(streams, onEntries) {
    const args = ['GROUP', 'group', 'consumer', 'COUNT', 10, 'BLOCK', 5_000, 'NOACK', 'STREAMS'];
    const after = streams.map(() => '>');
    for (;;) {
      const reply = await this.client
        .call('XREADGROUP', ...args, ...streams, ...after)
        .catch(() => undefined);
      if (reply === undefined) return;
      for (const [, entries] of reply ?? []) onEntries(entries);
    }
  }

  async stop() {
    this.client.disconnect();
    await this.running;
  }
}
