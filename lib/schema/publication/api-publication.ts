import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { SchemaIncompatibleError, TransportError } from '../../errors.js';
import type { RedisConnections } from '../../redis/connections.js';
import { CommandRefusedError } from '../../redis/connection-errors.js';
import type { RedisClient } from '../../redis/redis-connection.js';
import { runScript } from '../../redis/script.js';
import { clock } from '../../timing/clock.js';
import { mergePublication, type Found, type Merged } from './merge-publication.js';
import type { OwnEvent } from './own-event.js';
import type { PublicationReport } from './publication-report.js';
import { historyKey, NAMES_KEY, publisherKey, recordsKey, schemaKey } from './publication-keys.js';
import { readRecord, writeRecord, type Publisher } from './published-record.js';
import { LONGEST_PUBLISHED, readPublished } from './published-text.js';
import { KEEP_SCHEMA, PUBLISH_SCHEMA, READ_SCHEMA } from './scripts.generated.js';
import { storedSchema, type StoredSchema } from './stored-schema.js';

/** How often it is tried in a row where others publish at the same time. */
const MOST_TRIES = 100;

/** About how many descriptions the history of an API keeps. */
const LONGEST_HISTORY = 1_000;

/** Which part of its time to live passes before a schema is published again, as in Lightbus. */
const RENEW_AFTER = 0.8;

/** What the publication of an API needs to know. */
export interface ApiPublicationOptions {
  readonly connections: RedisConnections;
  /** Setting `bus.schema.ttl`, seconds. */
  readonly ttl: number;
  readonly publisher: Omit<Publisher, 'start' | 'token'>;
  readonly report: PublicationReport;
}

/** Publishes the schema of one API, and keeps it published. */
export class ApiPublication {
  /** By event, why it is not published: those that came when the others were, and are refused. */
  readonly refused = new Map<string, SchemaIncompatibleError>();
  private events: readonly OwnEvent[] = [];
  /** Events that this process has published before. */
  private readonly known = new Set<string>();
  private token = '';
  private start?: number;
  private sha?: string;
  private renewedAt = -Infinity;
  private isStale = true;
  private isOutvoted = false;

  constructor(
    readonly apiName: string,
    private readonly options: ApiPublicationOptions,
  ) {}

  /** Whether it is published, all events of it included but those that are refused. */
  get isPublished(): boolean {
    return this.sha !== undefined && this.events.every(({ name }) => this.known.has(name));
  }

  /** Names the events that are published from the next time on. */
  describe(events: readonly OwnEvent[]): void {
    this.events = events.filter(({ name }) => !this.refused.has(name));
    const texts = this.events.map(({ name, text }) => [name, text]);
    this.token = shaOf(JSON.stringify([this.options.publisher.service, texts.sort()]));
  }

  /** What was published may be gone: it is published again the next time. */
  doubt(): void {
    this.isStale = true;
  }

  /** In how many ms it is to be published again. */
  get dueIn(): number {
    const renewMs = this.options.ttl * 1000 * RENEW_AFTER;
    return this.isStale ? 0 : Math.max(0, this.renewedAt + renewMs - clock.now());
  }

  /**
   * Publishes what is to be published; looks otherwise whether it is still there.
   *
   * @returns whether it was published, for the first time or again.
   * @throws TransportError where Redis can't be reached or refuses; SchemaIncompatibleError where nothing is published yet,
   *   and nothing will be.
   */
  async update(): Promise<boolean> {
    if (this.sha !== undefined && this.isPublished) {
      const isDue = this.dueIn === 0;
      const isKept = !(isDue && this.isOutvoted) && (await this.keep(this.sha, isDue));
      if (isKept) return isDue;
    }
    await this.publish();
    return true;
  }

  private async publish(): Promise<void> {
    for (let attempt = 1; attempt <= MOST_TRIES; attempt++) {
      try {
        if (await this.tryOnce()) return;
      } catch (error) {
        // What is published already is used, and goes on being published.
        if (!(error instanceof SchemaIncompatibleError) || this.sha === undefined) throw error;
        this.leaveOut(error);
        continue;
      }
      // Others do the same at this moment.
      await delay(Math.random() * Math.min(attempt * 5, 100), undefined, { ref: false });
    }
    throw new TransportError(
      `The schema of '${this.apiName}' was not published: others changed it each time before it could be written.`,
    );
  }

  private leaveOut(error: SchemaIncompatibleError): void {
    const names = new Set(error.changes.map(({ event }) => event));
    for (const { name, canonicalName } of this.events)
      if (names.has(canonicalName)) this.refused.set(name, error);
    this.describe(this.events);
    this.options.report.tellRefused(error);
  }

  private async tryOnce(): Promise<boolean> {
    const { report } = this.options;
    const { events } = this;
    const stored = await this.read(events);
    const api = stored.text === null ? undefined : readPublished(stored.text);
    const found = await this.found(api, stored);
    const me = await this.publisher(found);
    const isNew = ({ name }: OwnEvent) => !this.known.has(name);
    const merged = mergePublication(events, found, me, isNew);
    const { taken } = merged;
    report.check(taken, { records: found.records, isNew, isFirst: this.sha === undefined });
    const isThere = taken.length === 0 && merged.text === stored.text;
    const isDone = isThere
      ? await this.keep(stored.sign, true)
      : await this.store(merged, stored, me);
    if (!isDone) return false;
    this.sha = shaOf(merged.text);
    this.isOutvoted = merged.isOutvoted;
    if (!api && stored.sign !== '') report.tellReplaced(schemaKey(this.apiName));
    for (const key of stored.otherKinds) report.tellOtherKind(key);
    report.tell(merged, { records: found.records, isNew, me });
    for (const { name } of events) this.known.add(name);
    return true;
  }

  private async read(events: readonly OwnEvent[]): Promise<StoredSchema> {
    const names = events.map(({ name }) => name);
    const keys = [schemaKey, recordsKey, historyKey].map((keyOf) => keyOf(this.apiName));
    const args = [LONGEST_PUBLISHED, ...names];
    const reply = await this.run((client) => runScript(client, READ_SCHEMA, keys, args));
    return storedSchema(reply, names, keys.slice(1));
  }

  private async found(api: Found['api'], { records }: StoredSchema): Promise<Found> {
    const { token } = this;
    const entries = [...records].flatMap(([name, { text }]) => {
      const record = readRecord(text);
      return record ? [[name, record] as const] : [];
    });
    const tokens = [...new Set(entries.map(([, record]) => record.token))];
    const alive = new Set([token]);
    await Promise.all(
      tokens
        .filter((one) => one !== token)
        .map(async (one) => {
          const key = publisherKey(this.apiName, one);
          if ((await this.run((client) => client.exists(key))) > 0) alive.add(one);
        }),
    );
    return { api, records: new Map(entries), isAlive: (record) => alive.has(record.token) };
  }

  /** This process, as one that began to publish later than all who have before. */
  private async publisher({ records }: Found): Promise<Publisher> {
    const latest = Math.max(0, ...[...records.values()].map(({ start }) => start + 1));
    this.start ??= Math.max(await this.time(), Math.min(latest, Number.MAX_SAFE_INTEGER));
    return { ...this.options.publisher, token: this.token, start: this.start };
  }

  /** Redis's time, ms; 0 where the user may not ask. */
  private async time(): Promise<number> {
    try {
      const [seconds, microseconds] = await this.run((client) => client.time());
      return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
    } catch (error) {
      if (error instanceof CommandRefusedError) return 0;
      throw error;
    }
  }

  private async store(
    { text, taken }: Merged,
    { sign, records: read }: StoredSchema,
    me: Publisher,
  ): Promise<boolean> {
    const records = taken.flatMap(({ event, isNews }) => {
      const { version, description } = event;
      const record = writeRecord({ ...me, version, description });
      return [event.name, read.get(event.name)?.sha ?? '', record, isNews ? 1 : 0];
    });
    const keys = [schemaKey, recordsKey, historyKey].map((keyOf) => keyOf(this.apiName));
    keys.push(publisherKey(this.apiName, me.token));
    const args = [sign, LONGEST_PUBLISHED, text, this.options.ttl, LONGEST_HISTORY, ...records];
    return this.renewed((client) => runScript(client, PUBLISH_SCHEMA, keys, args));
  }

  private async keep(sha: string, isDue: boolean): Promise<boolean> {
    const { ttl } = this.options;
    const keys = [schemaKey(this.apiName), publisherKey(this.apiName, this.token)];
    const send = (client: RedisClient) =>
      runScript(client, KEEP_SCHEMA, keys, [sha, LONGEST_PUBLISHED, isDue ? ttl : 0]);
    return isDue ? this.renewed(send) : (await this.run(send)) === 1;
  }

  /** Runs what publishes; the name of the API goes with it, in the same write. */
  private async renewed(script: (client: RedisClient) => Promise<unknown>): Promise<boolean> {
    const at = clock.now();
    const [reply] = await Promise.all([this.run(script), this.addName()]);
    if (reply !== 1) return false;
    this.renewedAt = at;
    this.isStale = false;
    return true;
  }

  private async addName(): Promise<void> {
    const connection = this.options.connections.of(NAMES_KEY);
    try {
      await connection.run(0, (client) => client.sadd(NAMES_KEY, this.apiName));
    } catch (error) {
      if (!(error instanceof CommandRefusedError) || !error.message.startsWith('WRONGTYPE'))
        throw error;
      // It is not ours alone, and may hold anything: nobody but its owner can tell whether it may be deleted.
      throw new CommandRefusedError(
        `${error.message}: the key '${NAMES_KEY}' must be a set, as Lightbus keeps the names of all APIs in it. Rename or ` +
          'delete what is there.',
        { cause: error.cause },
      );
    }
  }

  private run<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    // The connection was waited for before.
    return this.options.connections.of(schemaKey(this.apiName)).run(0, command);
  }
}

function shaOf(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
