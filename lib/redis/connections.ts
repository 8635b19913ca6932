import {
  RedisConnection,
  type ConnectionTold,
  type RedisConnectionOptions,
} from './redis-connection.js';
import type { Script } from './script.js';

/**
 * The connections to one Redis, each asked for by what its commands are about. Today one leads to
 * everything that there is. A Cluster has a node for each hash slot: which one, is to be found out here
 * and nowhere else.
 */
export class RedisConnections {
  private readonly only: RedisConnection;

  /**
   * Connects on first use.
   *
   * @param role what they are for, in Redis's `CLIENT LIST`.
   * @param log is told of each lost and each regained connection.
   * @param scripts are loaded each time one becomes ready, before anybody's commands.
   */
  constructor(
    options: RedisConnectionOptions,
    role: string,
    log: ConnectionTold,
    scripts: readonly Script[] = [],
  ) {
    this.only = new RedisConnection(options, role, log, scripts);
  }

  /** The one to the node that has this key, and all others of its hash slot. */
  of(_key: string): RedisConnection {
    return this.only;
  }

  /**
   * The one to a node, for commands about no key: what it tells of itself (`INFO`, `TIME`), of all its
   * keys (`SCAN`) and of its replicas (`WAIT`).
   */
  get node(): RedisConnection {
    return this.only;
  }

  /** Resolves when commands can be sent. @throws NotConnectedError after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void> {
    return this.only.ready(timeoutMs);
  }

  /** See `RedisConnection.hurry`. */
  hurry(): void {
    this.only.hurry();
  }

  /** Closes them for good. Commands in flight are rejected. Idempotent. */
  close(): Promise<void> {
    return this.only.close();
  }
}
