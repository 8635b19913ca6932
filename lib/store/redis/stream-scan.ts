import type { RedisConnection } from '../../redis/redis-connection.js';
import { isStreamOfEvents } from '../../wire/stream-names.js';

/**
 * How many keys Redis looks at in one step: about 0.4 ms (Redis 7.0, 1,000,000 keys), in which it
 * serves nobody else.
 */
const KEYS_A_PAGE = 500;

/** What one page of a {@link StreamScan} has found. */
export interface ScannedPage {
  /** Names of streams of events. One may be found twice. */
  readonly streams: readonly string[];
  /** Whether every key has been looked at that was there all the time. */
  readonly isLast: boolean;
}

/**
 * Looks at all keys of one Redis node, page by page, for streams of events. After the last page it
 * begins again.
 */
export class StreamScan {
  private cursor = '0';
  private session = -1;

  /** @param connection to the node. */
  constructor(private readonly connection: Pick<RedisConnection, 'run' | 'session'>) {}

  /** @throws TransportError */
  async nextPage(): Promise<ScannedPage> {
    const [next, keys] = await this.connection.run('a while', (client) => {
      // Behind a new connection may be another server, to which the cursor means nothing.
      if (this.session !== this.connection.session) this.cursor = '0';
      this.session = this.connection.session;
      const { cursor } = this;
      return client.scan(cursor, 'MATCH', '*:stream', 'COUNT', KEYS_A_PAGE, 'TYPE', 'stream');
    });
    this.cursor = next;
    return { streams: keys.filter(isStreamOfEvents), isLast: next === '0' };
  }

  /** All streams that were there from the beginning of this call to its end. @throws TransportError */
  async all(): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (;;) {
      const { streams, isLast } = await this.nextPage();
      streams.forEach((stream) => found.add(stream));
      if (isLast) return found;
    }
  }
}
