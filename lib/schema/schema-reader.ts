import { placeKey } from '../redis/client-options.js';
import type { RedisConnectionOptions } from '../redis/redis-connection.js';
import {
  schemaPlaceOf,
  schemaPlaces,
  type SchemaPlacesConfig,
} from './publication/schema-places.js';
import { RedisSchemas, type PublishedDescription, type PublishedSchemas } from './redis-schemas.js';

/** Reads the schemas of a bus, on however many Redis servers they are published. */
export class SchemaReader {
  private readonly places: readonly (readonly [RedisConnectionOptions, RedisSchemas])[];

  /** Connects on first use. */
  constructor(private readonly config: SchemaPlacesConfig) {
    this.places = schemaPlaces(config).map((place) => [place, new RedisSchemas(place)]);
  }

  /**
   * All schemas that have not expired. What is no schema is left out, and told; so is what is published elsewhere than
   * the configuration says of its API.
   *
   * @throws TransportError where a Redis can't be reached or refuses a command.
   */
  async read(): Promise<PublishedSchemas> {
    const all = await Promise.all(
      this.places.map(async ([place, schemas]) => {
        const found = await schemas.read();
        const here = Object.entries(found.schemas).filter(([name]) => this.isPlaceOf(name, place));
        return { schemas: here, problems: found.problems };
      }),
    );
    return {
      schemas: Object.fromEntries(all.flatMap(({ schemas }) => schemas)),
      problems: all.flatMap(({ problems }) => problems),
    };
  }

  /**
   * Every description that events were given, oldest first for each API, as far as they are kept.
   *
   * @param only the API; by default all that were ever published.
   * @throws TransportError as {@link read}.
   */
  async *history(only?: string): AsyncGenerator<PublishedDescription> {
    for (const [place, schemas] of this.places) {
      const names = only === undefined ? await schemas.names() : [only];
      for (const name of names) if (this.isPlaceOf(name, place)) yield* schemas.history(name);
    }
  }

  /** See {@link RedisSchemas.text}; `undefined` also where the API's events are in the memory of each process. */
  async text(apiName: string): Promise<string | undefined> {
    for (const [place, schemas] of this.places)
      if (this.isPlaceOf(apiName, place)) return schemas.text(apiName);
    return undefined;
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await Promise.all(this.places.map(([, schemas]) => schemas.close()));
  }

  private isPlaceOf(apiName: string, place: RedisConnectionOptions): boolean {
    if (this.places.length === 1) return true;
    const its = schemaPlaceOf(this.config, apiName);
    return its !== undefined && placeKey(its) === placeKey(place);
  }
}
