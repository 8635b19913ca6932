import { describePlace } from '../redis/client-options.js';
import { ConnectionLog } from '../redis/connection-log.js';
import { inContext } from '../redis/in-context.js';
import { RedisConnections } from '../redis/connections.js';
import type { RedisClient, RedisConnectionOptions } from '../redis/redis-connection.js';
import { parse } from '../wire/json-reader.js';
import type { ApiSchema, BusSchema } from './bus-schema.js';

/** Set of the names of all APIs that were ever published; never pruned. */
const NAMES_KEY = 'schemas';

/** What is published on Redis. */
export interface PublishedSchemas {
  readonly schemas: BusSchema;
  /** In words, what could not be read. */
  readonly problems: readonly string[];
}

/** Reads the schemas that services have published on Redis, as Lightbus stores them. */
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
    const names = (await this.run(NAMES_KEY, (client) => client.smembers(NAMES_KEY))).sort();
    // One at a time, in one write: Lightbus's keys have no hash tag that would keep them together.
    const texts = await Promise.all(
      names.map((name) => this.run(`schema:${name}`, (client) => client.get(`schema:${name}`))),
    );
    const schemas: [string, ApiSchema][] = [];
    const problems: string[] = [];
    names.forEach((name, i) => {
      const text = texts[i];
      // Expired: no process of the service is running.
      if (text === null || text === undefined) return;
      const schema = parseSchema(text);
      if (schema) schemas.push([name, schema]);
      else problems.push(`What is stored under 'schema:${name}' is no schema of an API.`);
    });
    return { schemas: Object.fromEntries(schemas), problems };
  }

  /** Closes the connection. */
  close(): Promise<void> {
    return this.connections.close();
  }

  private run<T>(key: string, command: (client: RedisClient) => Promise<T>): Promise<T> {
    const running = this.connections.of(key).run('a while', command);
    return inContext('Reading the published schemas', describePlace(this.options), running);
  }
}

function parseSchema(text: string): ApiSchema | undefined {
  try {
    const value = parse(text);
    if (!isRecord(value)) return undefined;
    const { events = {}, rpcs = {} } = value;
    return isRecord(events) && isRecord(rpcs) ? { events, rpcs } : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
