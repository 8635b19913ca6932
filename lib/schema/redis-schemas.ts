import { TransportError } from '../errors.js';
import { describePlace } from '../redis/client-options.js';
import { ConnectionLog } from '../redis/connection-log.js';
import { inContext } from '../redis/in-context.js';
import { RedisConnections } from '../redis/connections.js';
import type { RedisClient, RedisConnectionOptions } from '../redis/redis-connection.js';
import { entryTime } from '../wire/entry-id.js';
import type { ApiSchema, BusSchema } from './bus-schema.js';
import { historyKey, NAMES_KEY, schemaKey } from './publication/publication-keys.js';
import { readRecord } from './publication/published-record.js';
import { LONGEST_PUBLISHED, readPublished } from './publication/published-text.js';

/** How many descriptions are asked for at once. */
const PAGE = 100;

/** A description that an event was given. */
export interface PublishedDescription {
  readonly api: string;
  readonly event: string;
  readonly version: number;
  /** By Redis's clock. */
  readonly publishedAt: Date;
  readonly service: string;
  readonly process: string;
  /** As it stood in the schema of the API: `{ parameters: … }`. */
  readonly description: unknown;
}

/** What is published on Redis. */
export interface PublishedSchemas {
  readonly schemas: BusSchema;
  /** In words, what could not be read. */
  readonly problems: readonly string[];
}

/** Reads the schemas that services have published on one Redis, as Lightbus stores them. */
export class RedisSchemas {
  private readonly connections: RedisConnections;

  /** Connects on first use. */
  constructor(private readonly options: RedisConnectionOptions) {
    // Whoever reads is told of a failure by the error.
    const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
    const log = new ConnectionLog(() => describePlace(options), logger);
    this.connections = new RedisConnections(options, 'schema', log);
  }

  /**
   * All schemas that have not expired. What is no schema is left out, and told.
   *
   * @throws TransportError where Redis can't be reached or refuses a command.
   */
  async read(): Promise<PublishedSchemas> {
    const names = await this.names();
    // One at a time, in one write: Lightbus's keys have no hash tag that would keep them together.
    const texts = await Promise.all(names.map((name) => this.textOf(schemaKey(name))));
    const schemas: [string, ApiSchema][] = [];
    const problems: string[] = [];
    names.forEach((name, i) => {
      const text = texts[i];
      // Expired: no process of the service is running.
      if (text === null || text === undefined) return;
      const schema = readPublished(text);
      if (schema) schemas.push([name, { events: schema.events, rpcs: schema.rpcs }]);
      else problems.push(`What is stored under '${schemaKey(name)}' is no schema of an API.`);
    });
    return { schemas: Object.fromEntries(schemas), problems };
  }

  /**
   * Every description that this module's services have given the events of an API, oldest first, as far as they are kept:
   * also long after they have expired.
   *
   * @throws TransportError as {@link read}.
   */
  async *history(apiName: string): AsyncGenerator<PublishedDescription> {
    const key = historyKey(apiName);
    for (let after = '-'; ;) {
      const entries = await this.run(key, (client) =>
        client.xrange(key, after, '+', 'COUNT', PAGE),
      );
      for (const [id, fields] of entries) {
        after = `(${id}`;
        const found = descriptionOf(apiName, id, fields);
        if (found) yield found;
      }
      if (entries.length < PAGE) return;
    }
  }

  /** Names of all APIs that were ever published, sorted. @throws TransportError as {@link read}. */
  async names(): Promise<string[]> {
    return (await this.run(NAMES_KEY, (client) => client.smembers(NAMES_KEY))).sort();
  }

  /**
   * The text that is published of one API: `''` where it is no text, or longer than any schema; `undefined` where there is
   * none, or it has expired.
   *
   * @throws TransportError as {@link read}.
   */
  async text(apiName: string): Promise<string | undefined> {
    return (await this.textOf(schemaKey(apiName))) ?? undefined;
  }

  /** Closes the connection. */
  close(): Promise<void> {
    return this.connections.close();
  }

  /** `''` for what is no text, or longer than any schema; `null` for nothing. */
  private async textOf(key: string): Promise<string | null> {
    try {
      const length = await this.run(key, (client) => client.strlen(key));
      if (length > LONGEST_PUBLISHED) return '';
      return await this.run(key, (client) => client.get(key));
    } catch (error) {
      if (error instanceof TransportError && isOfOtherType(error)) return '';
      throw error;
    }
  }

  private run<T>(key: string, command: (client: RedisClient) => Promise<T>): Promise<T> {
    const running = this.connections.of(key).run('a while', command);
    return inContext('Reading the published schemas', describePlace(this.options), running);
  }
}

function isOfOtherType({ cause }: TransportError): boolean {
  return cause instanceof Error && cause.message.startsWith('WRONGTYPE');
}

function descriptionOf(
  api: string,
  id: string,
  fields: readonly string[],
): PublishedDescription | undefined {
  const valueOf = (name: string) => fields.find((_, i) => i % 2 === 1 && fields[i - 1] === name);
  const [event, record] = [valueOf('event'), readRecord(valueOf('record') ?? '')];
  if (event === undefined || !record) return undefined;
  const { version, service, process, description } = record;
  return { api, event, version, publishedAt: entryTime(id), service, process, description };
}
