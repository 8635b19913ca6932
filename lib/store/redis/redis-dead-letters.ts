import { inContext } from '../../redis/in-context.js';
import type { GroupRef, Member } from '../consumer-groups.js';
import { deadLetterStream, formatReport } from '../dead-letter.js';
import type { DeadLetterReport, Redrive } from '../event-store.js';
import { bellKey } from './keys.js';
import { RedisGroups } from './redis-groups.js';
import { keysOf, LONG_IDLE_MS, NOBODY } from './redis-scripts.js';
import { DEAD_LETTER, REDRIVE } from './scripts.generated.js';

/** The dead-letter streams of a Redis: what is written to them, and taken away. */
export abstract class RedisDeadLetters extends RedisGroups {
  /** See `EventStore.description`. */
  abstract readonly description: string;

  /** See `EventStore.deadLetter`. */
  async deadLetter(
    member: Member,
    nativeId: string,
    report: DeadLetterReport,
  ): Promise<string | null> {
    const { stream, group, consumer } = member;
    const time = new Date().toISOString();
    const letter = formatReport(report, { stream, nativeId, group, consumer, time });
    const args = [nativeId, letter];
    const asking = this.ask(DEAD_LETTER, member, args, [deadLetterStream(member)]);
    const what = `Setting entry ${nativeId} of '${stream}' aside`;
    const stored = await inContext(what, this.description, asking);
    return (stored as string) || null;
  }

  /** See `EventStore.redrive`. */
  async redrive(ref: GroupRef, letters: readonly Redrive[]): Promise<number> {
    if (letters.length === 0) return 0;
    const pairs = letters.flatMap(({ id, nativeId }) => [id, nativeId]);
    const keys = [...keysOf(ref), deadLetterStream(ref), bellKey(ref.stream)] as const;
    const args = [ref.group, NOBODY, LONG_IDLE_MS, ...pairs];
    return (await this.script(REDRIVE, keys, args)) as number;
  }

  /** See `EventStore.discard`. */
  async discard(ref: GroupRef, letterIds: readonly string[]): Promise<number> {
    if (letterIds.length === 0) return 0;
    const letters = deadLetterStream(ref);
    return this.run(letters, (client) => client.xdel(letters, ...letterIds));
  }
}
