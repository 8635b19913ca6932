import type { Logger } from '@nestjs/common';
import { DisconnectedError, SchemaIncompatibleError } from '../../errors.js';
import { describePlace } from '../../redis/client-options.js';
import { ConnectionLog } from '../../redis/connection-log.js';
import { RedisConnections } from '../../redis/connections.js';
import { inContext } from '../../redis/in-context.js';
import type { RedisConnectionOptions } from '../../redis/redis-connection.js';
import { backoffMs } from '../../timing/backoff.js';
import { Rest } from '../../timing/rest.js';
import type { ApiPublication } from './api-publication.js';
import { SCRIPTS } from './scripts.generated.js';

/** How long a connection is waited for before it is said why there is none, ms. */
const PATIENCE_MS = 1_000;

/** Delays between attempts that fail, ms. */
const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 5_000;

/** Longest delay before the next attempt to connect, ms. */
const LONGEST_RECONNECT_MS = 1_000;

/** How often it is looked whether schemas are still what was published: ms, and at most ten times while they live. */
const LOOK_MS = 6_000;
const LEAST_LOOK_MS = 1_000;

/** What is told of the APIs of a place. */
export interface PublicationEvents {
  /** The schema of an API was published, for the first time or again. */
  published(api: ApiPublication): void;
  /** It was not, for now. */
  failed(api: ApiPublication, error: Error): void;
  /** It will not be. */
  refused(api: ApiPublication, error: SchemaIncompatibleError): void;
}

/** Keeps the schemas of all APIs published that are published on one Redis. */
export class PlacePublications {
  /** The connections, for the APIs. */
  readonly connections: RedisConnections;
  readonly description: string;
  private readonly apis = new Set<ApiPublication>();
  private readonly rest = new Rest();
  private readonly lookMs: number;
  private isWoken = false;
  private isRunning = false;

  /**
   * @param ttl setting `bus.schema.ttl`, seconds.
   * @param logger is told when the connection is lost and when it is back; `undefined` where somebody else tells.
   */
  constructor(
    place: RedisConnectionOptions,
    ttl: number,
    logger: Pick<Logger, 'log' | 'warn' | 'error'> | undefined,
    private readonly events: PublicationEvents,
  ) {
    this.description = describePlace(place);
    this.lookMs = Math.max(LEAST_LOOK_MS, Math.min(LOOK_MS, ttl * 100));
    const log = new ConnectionLog(this.description, logger ?? SILENT);
    this.connections = new RedisConnections(
      // Events wait for it.
      { ...place, maxReconnectDelayMs: LONGEST_RECONNECT_MS },
      'schema',
      {
        lost: (role, reason) => log.lost(role, reason),
        idled: (role) => log.idled(role),
        refused: (what, reason, effect) => log.refused(what, reason, effect),
        ready: (role) => {
          log.ready(role);
          // Another Redis may answer there now, or an empty one.
          for (const api of this.apis) api.doubt();
          this.wake();
        },
      },
      SCRIPTS,
    );
  }

  /** Takes care of one more API. */
  add(api: ApiPublication): void {
    this.apis.add(api);
    this.wake();
  }

  /** Something is to be published at once. */
  wake(): void {
    this.isWoken = true;
    this.rest.wake();
  }

  /** Publishes, again and again, until the signal is aborted. Returns at once where it does so already. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    for (let failures = 0; !signal.aborted;) {
      this.isWoken = false;
      const hasFailed = await this.updateAll();
      failures = hasFailed ? failures + 1 : 0;
      const restMs = hasFailed
        ? backoffMs(failures, FIRST_DELAY_MS, LAST_DELAY_MS)
        : Math.min(this.lookMs, ...[...this.apis].map(({ dueIn }) => dueIn));
      await this.rest.rest(restMs, signal, () => this.isWoken);
    }
  }

  /** Closes the connections. Idempotent. */
  close(): Promise<void> {
    return this.connections.close();
  }

  private async updateAll(): Promise<boolean> {
    try {
      await this.connections.ready(PATIENCE_MS);
      // What the connection has woken, it need not wake again.
      this.isWoken = false;
    } catch (error) {
      for (const api of this.apis) this.events.failed(api, asError(error));
      return this.apis.size > 0;
    }
    const done = await Promise.all([...this.apis].map((api) => this.update(api)));
    return done.includes(false);
  }

  private async update(api: ApiPublication): Promise<boolean> {
    try {
      const what = `Publishing the schema of '${api.apiName}'`;
      const isNews = await inContext(what, this.description, api.update());
      if (isNews) this.events.published(api);
      return true;
    } catch (error) {
      if (error instanceof SchemaIncompatibleError) {
        this.apis.delete(api);
        this.events.refused(api, error);
        return true;
      }
      this.events.failed(api, asError(error));
      return false;
    }
  }
}

const SILENT = { log: () => undefined, warn: () => undefined, error: () => undefined };

function asError(error: unknown): Error {
  return error instanceof Error ? error : new DisconnectedError(String(error));
}
