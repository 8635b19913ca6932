import type { RedisClient } from '../../redis/redis-connection.js';

/** What a call reads for, before it stores anything. */
export type ReadingPurpose = 'find' | 'index';

/** How the commands of one call are sent. */
export interface AppendCommands {
  /** Sends one that stores no event. */
  read<T>(command: (client: RedisClient) => Promise<T>, purpose: ReadingPurpose): Promise<T>;
  /** Sends what stores; calls what it is given each time that it was sent. */
  store<T>(command: (client: RedisClient, onSent: () => void) => Promise<T>): Promise<T>;
}
