import { Redis, type RedisOptions } from 'ioredis';
import { urlForTest } from './acl.js';
import { owned } from './owned.js';
import { waitFor } from './wait-for.js';

/** A raw ioredis client for any URL (a proxy's), disconnected after the test file. */
export function connectTo(url: string, options?: RedisOptions): Redis {
  const clients = new Clients();
  owned().onEnd(() => clients.disconnect());
  return clients.add(url, options);
}

// ioredis lets the timer of `disconnectTimeout` (2 s) run out when it disconnects between two tries.
const IMPATIENT: RedisOptions = { retryStrategy: () => 50, disconnectTimeout: 100 };

/** Raw ioredis clients of one Redis that are disconnected together. */
export class Clients {
  private readonly clients = new Set<Redis>();

  add(url: string, options: RedisOptions = {}): Redis {
    return this.track(new Redis(urlForTest(url), { ...IMPATIENT, ...options }));
  }

  async disconnect(): Promise<void> {
    const clients = [...this.clients];
    this.clients.clear();
    for (const client of clients) client.disconnect();
    // Until then ioredis holds a timer, and Jest would wait for it. A client that was about to
    // reconnect never gets to 'end': ioredis parks it.
    await waitFor(() => clients.every(({ status }) => ['end', 'reconnecting'].includes(status)), {
      message: 'clients to disconnect',
    });
  }

  private track(client: Redis): Redis {
    // Commands reject with the same error; without a listener ioredis writes it to the console,
    // and tests cut connections on purpose.
    client.on('error', () => undefined);
    this.clients.add(client);
    // `monitor()` opens a client of its own with it, which would reconnect for ever.
    const duplicate = client.duplicate.bind(client);
    client.duplicate = (override) => this.track(duplicate(override));
    return client;
  }
}
