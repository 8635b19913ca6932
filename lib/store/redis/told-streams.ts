import type { Logger } from '@nestjs/common';
import type { RedisConnections } from '../../redis/connections.js';
import { CommandRefusedError } from '../../redis/connection-errors.js';
import type { RedisClient } from '../../redis/redis-connection.js';
import { inBackground } from '../../timing/background.js';
import { isOnOtherNode } from '../../redis/refusal.js';
import { parse } from '../../wire/json-reader.js';
import { parseStreamName, streamName } from '../../wire/stream-names.js';
import { announcedKey } from './keys.js';

/** How many names that are no streams (yet) are looked at each time: anybody may write some. */
const MAX_NAMES = 1_000;

/**
 * What processes tell of the streams of single events (`per_event`): ours announce each stream in a
 * set, Python's publish the names of their events in a schema.
 */
export class ToldStreams {
  /** Streams that were announced, and on which connection: another one may lead to another Redis. */
  private readonly announced = new Map<string, number>();
  /** By command, the last refusal that the log was told. */
  private readonly refusals = new Map<string, string>();

  /** @param logger is told what Redis refuses, once. */
  constructor(
    private readonly connections: Pick<RedisConnections, 'of'>,
    private readonly logger: Pick<Logger, 'error'>,
  ) {}

  /** See `EventStore.announce`. */
  announce(apiName: string, stream: string): void {
    const key = announcedKey(apiName);
    const { session } = this.connections.of(key);
    if (this.announced.get(stream) === session) return;
    this.announced.set(stream, session);
    // The next event tries again.
    const forget = () => this.announced.delete(stream);
    const tell = async () => {
      const reply = await this.ask('SADD', key, (client) => client.sadd(key, stream));
      if (reply === undefined) forget();
    };
    inBackground(tell, forget);
  }

  /** Announces streams that were found, whether or not they are known: an announcement may get lost. */
  async pass(streams: readonly string[]): Promise<void> {
    const byApi = new Map<string, string[]>();
    for (const stream of streams) {
      const owner = parseStreamName(stream);
      // An API's own stream is looked for anyway.
      if (!owner || owner.eventName === '*') continue;
      byApi.set(owner.apiName, [...(byApi.get(owner.apiName) ?? []), stream]);
    }
    await Promise.all(
      [...byApi].map(([apiName, found]) => {
        const key = announcedKey(apiName);
        return this.ask('SADD', key, (client) => client.sadd(key, ...found));
      }),
    );
  }

  /**
   * Which streams of an API there are among those that somebody has told of.
   *
   * @param known are not asked for again.
   * @throws DisconnectedError
   */
  async read(apiName: string, known: ReadonlySet<string>): Promise<string[]> {
    const [announcedIn, publishedIn] = [announcedKey(apiName), `schema:${apiName}`];
    const [announced, schema] = await Promise.all([
      this.ask('SMEMBERS', announcedIn, (client) => client.smembers(announcedIn)),
      this.ask('GET', publishedIn, (client) => client.get(publishedIn)),
    ]);
    const published = eventNamesOf(schema ?? '').map((name) =>
      streamName(apiName, name, 'per_event'),
    );
    const own = streamName(apiName, '*', 'per_api');
    const names = [...new Set([own, ...published, ...(announced ?? [])])]
      .filter((name) => parseStreamName(name)?.apiName === apiName && !known.has(name))
      .slice(0, MAX_NAMES);
    const types = await Promise.all(
      names.map((name) => this.ask('TYPE', name, (client) => client.type(name))),
    );
    return names.filter((_, i) => types[i] === 'stream');
  }

  /** What Redis answers; `undefined` where it refuses to, which others make up for. */
  private async ask<T>(
    command: string,
    key: string,
    send: (client: RedisClient) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await this.connections.of(key).run('a while', send);
    } catch (error) {
      if (!(error instanceof CommandRefusedError)) throw error;
      // Said at the start, of all that lies on other nodes.
      if (isOnOtherNode(error)) return undefined;
      if (this.refusals.get(command) === error.message) return undefined;
      this.refusals.set(command, error.message);
      this.logger.error(
        `Redis refuses ${command}, by which services learn of new streams: ` +
          `${error.message.replace(/\.$/, '')}. With per_event, listeners of all events of an API ` +
          'may notice a new stream minutes later.',
      );
      return undefined;
    }
  }
}

/** Names of the events in a published schema; none where it is no schema. */
function eventNamesOf(schema: string): string[] {
  try {
    const { events } = parse(schema) as { events?: unknown };
    return typeof events === 'object' && events !== null ? Object.keys(events) : [];
  } catch {
    return [];
  }
}
