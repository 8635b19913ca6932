import { DisconnectedError, TransportError } from '../errors.js';
import type { PendingEntry } from '../store/consumer-groups.js';
import { PageSize } from './page-size.js';

/** After so many lost connections in a row, each while one single entry was read, it is told why. */
const TELLING = 3;

/** Fetches pages of entries that are no larger than Redis and this process can bear. */
export class PageFetcher {
  private readonly size = new PageSize();

  /** @param arrived is called with each page that has arrived, and may refuse it. */
  constructor(
    private readonly stream: string,
    private readonly arrived: () => void,
  ) {}

  /**
   * @param most how many entries at most.
   * @throws what the call throws; in words, where an entry can't be read because it is too large.
   */
  async fetch(
    most: number,
    call: (count: number) => Promise<readonly PendingEntry[]>,
  ): Promise<readonly PendingEntry[]> {
    const count = this.size.next(most);
    try {
      const page = await call(count);
      this.arrived();
      this.size.arrived(page);
      return page;
    } catch (error) {
      throw error instanceof DisconnectedError ? this.explain(error, count) : error;
    }
  }

  private explain(error: DisconnectedError, count: number): TransportError {
    const failures = this.size.lost(count);
    if (failures < TELLING) return error;
    return new TransportError(
      `The connection was closed ${failures} times in a row while a single entry of '${this.stream}' was read. ` +
        'If Redis is well otherwise, the entry is larger than its client-output-buffer-limit for normal ' +
        'clients allows: raise that (0 0 0 is no limit).',
      { cause: error },
    );
  }
}
