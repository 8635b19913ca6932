import type { GroupRef } from '../consumer-groups.js';
import { deadLetterStream } from '../dead-letter.js';
import { GONE_AFTER_MS, type GroupUser, type Removal, type Retirement } from '../retirement.js';
import { parseHolder } from './group-replies.js';
import { RedisDeadLetters } from './redis-dead-letters.js';
import { keysOf, NOBODIES } from './redis-scripts.js';
import { RETIRE } from './scripts.generated.js';

/** What `retire.lua` is told. */
const REMOVALS = {
  group: 'group',
  group_and_letters: 'group and letters',
  unused_consumers: 'consumers',
  nothing: 'look',
} as const satisfies Record<Removal, string>;

/** The reply of `retire.lua`. */
interface Found {
  readonly exists: boolean;
  readonly letters: number;
  readonly users: false | readonly FoundUser[];
  readonly unused: false | readonly string[];
}

type FoundUser = readonly [consumer: string, holder: string | false, idleMs: number];

/** Consumer groups of a Redis that are removed. */
export abstract class RedisRetirement extends RedisDeadLetters {
  /** See `Retirable.retire`. */
  async retire(ref: GroupRef, removal: Removal): Promise<Retirement> {
    const before = await this.runRetire(ref, 'nothing', []);
    // No script can ask: what says that a process lives may be on another node of a Cluster.
    const ended = await Promise.all((before.users || []).map((user) => this.endedHolder(user)));
    const { users, unused, ...found } = await this.runRetire(ref, removal, ended.flat());
    return { ...found, users: (users || []).map(toUser), unused: unused || [] };
  }

  private async runRetire(
    ref: GroupRef,
    removal: Removal,
    ended: readonly string[],
  ): Promise<Found> {
    const keys = [...keysOf(ref), deadLetterStream(ref)] as const;
    const names = [NOBODIES.length, ...NOBODIES, ...ended];
    const args = [ref.group, REMOVALS[removal], GONE_AFTER_MS, ...names];
    return JSON.parse((await this.script(RETIRE, keys, args)) as string) as Found;
  }

  private async endedHolder([, holder]: FoundUser): Promise<string[]> {
    if (holder === false || (await this.isAlive(parseHolder(holder).token))) return [];
    return [holder];
  }
}

function toUser([consumer, text, idleMs]: FoundUser): GroupUser {
  if (text === false) return { consumer, idleMs, worker: null };
  const { host, pid, since } = parseHolder(text).holder;
  return { consumer, idleMs, worker: { host, pid, since } };
}
