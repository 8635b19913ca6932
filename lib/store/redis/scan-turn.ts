import { randomUUID } from 'node:crypto';
import type { RedisConnections } from '../../redis/connections.js';
import { CommandRefusedError } from '../../redis/connection-errors.js';
import { SCAN_TURN_KEY } from './keys.js';

/** After this long without a page somebody else may have the turn, ms: longer than any pause between two. */
const TURN_MS = 15_000;

/**
 * Whose turn it is to look at all keys of a Redis again and again: one process does so for all of
 * them, and announces what it finds, so that the cost does not grow with the processes. (Should two
 * do so for a while, that is all that happens.)
 */
export class ScanTurn {
  private readonly token = randomUUID();

  constructor(private readonly connections: Pick<RedisConnections, 'of'>) {}

  /** Takes the turn or keeps it. @returns whether it is ours. @throws DisconnectedError */
  async take(): Promise<boolean> {
    const connection = this.connections.of(SCAN_TURN_KEY);
    try {
      const holder = await connection.run('a while', (client) =>
        client.set(SCAN_TURN_KEY, this.token, 'PX', TURN_MS, 'NX', 'GET'),
      );
      if (holder !== this.token) return holder === null;
      await connection.run('a while', (client) => client.pexpire(SCAN_TURN_KEY, TURN_MS));
      return true;
    } catch (error) {
      // Whoever can't take turns has to look for itself.
      if (error instanceof CommandRefusedError) return true;
      throw error;
    }
  }
}
