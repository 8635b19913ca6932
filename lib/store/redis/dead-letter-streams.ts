import { deadLetterStream, formatReport } from '../dead-letter.js';
import type { ConsumerRef, DeadLetterReport, Redrive } from '../event-store.js';
import type { RedisClient } from '../../redis/redis-connection.js';
import { runScript } from '../../redis/script.js';
import { positionKey } from './keys.js';
import { DEAD_LETTER, REDRIVE } from './scripts.generated.js';

/** Idle time of an entry that is driven again, ms: longer than any acknowledgement_timeout. */
const LONG_IDLE_MS = 2 ** 40;

/** The consumer that such an entry is pending with until it is claimed. No process has this name by chance. */
const REDRIVE_CONSUMER = 'lightbus:redrive';

/** The dead-letter streams of a Redis: what is written to them, and taken away. */
export class DeadLetterStreams {
  /** @param run sends a command. */
  constructor(
    private readonly run: <T>(command: (client: RedisClient) => Promise<T>) => Promise<T>,
  ) {}

  /** See `EventStore.deadLetter`. */
  async add(
    { stream, group, consumer }: ConsumerRef,
    nativeId: string,
    report: DeadLetterReport,
  ): Promise<boolean> {
    const time = new Date().toISOString();
    const letter = formatReport(report, { stream, nativeId, group, consumer, time });
    const args = [group, consumer, nativeId, letter];
    const keys = keysOf(stream, group);
    return (await this.run((client) => runScript(client, DEAD_LETTER, keys, args))) === 1;
  }

  /** See `EventStore.redrive`. */
  async redrive(
    { stream, group }: Pick<ConsumerRef, 'stream' | 'group'>,
    letters: readonly Redrive[],
  ): Promise<number> {
    if (letters.length === 0) return 0;
    const pairs = letters.flatMap(({ id, nativeId }) => [id, nativeId]);
    const args = [group, REDRIVE_CONSUMER, LONG_IDLE_MS, ...pairs];
    const keys = keysOf(stream, group);
    return (await this.run((client) => runScript(client, REDRIVE, keys, args))) as number;
  }

  /** See `EventStore.discard`. */
  async discard(
    { stream, group }: Pick<ConsumerRef, 'stream' | 'group'>,
    letterIds: readonly string[],
  ): Promise<number> {
    if (letterIds.length === 0) return 0;
    return this.run((client) => client.xdel(deadLetterStream({ stream, group }), ...letterIds));
  }
}

function keysOf(stream: string, group: string): readonly string[] {
  return [stream, positionKey(stream, group), deadLetterStream({ stream, group })];
}
