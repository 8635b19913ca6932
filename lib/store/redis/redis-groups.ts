import type { ConnectionIdentity } from '../../redis/previous-connection.js';
import { CommandRefusedError } from '../../redis/redis-connection.js';
import { compareEntryIds } from '../../wire/entry-id.js';
import {
  groupInUse,
  nameInUse,
  type ConsumerGroups,
  type ConsumerRef,
  type GroupRef,
  type GroupState,
  type Holder,
  type Member,
  type OpenGroupOptions,
  type StreamFacts,
  type VanishedHistory,
} from '../consumer-groups.js';
import type { StoredEntry } from '../entries.js';
import type { RangeOptions } from '../event-store.js';
import { countAfter } from './count-after.js';
import { bellKey, groupKey, processKey } from './keys.js';
import { RedisPendingEntries } from './redis-pending-entries.js';
import { argsOf, keysOf, LONG_IDLE_MS, NOBODY } from './redis-scripts.js';
import * as scripts from './scripts.generated.js';

/** Nothing is pending after this id: reading from there changes nothing but the consumer's idle time. */
const AFTER_ALL = '18446744073709551615-0';

/** The reply of `open-group.lua`. */
interface Opened {
  readonly heldBy?: string;
  readonly owner?: { readonly service: string; readonly listener: string };
  readonly created: boolean;
  readonly vanished: boolean;
  readonly lastDeliveredId: string;
  readonly lost: false | { readonly after: string; readonly until?: string };
  readonly skipped: false | { readonly after: string; readonly until: string };
  readonly newest: string | false;
}

/** The reply of `look.lua`. */
interface Looked {
  readonly added: number;
  readonly length: number;
  readonly first?: string;
  readonly last: string;
  readonly deleted: string;
  readonly groups: false | (LookedGroup & { readonly name: string })[];
}

interface LookedGroup {
  readonly position: string;
  readonly pending: number;
  readonly count: number;
  readonly baseline: string | false;
}

/** A holder as it is stored: with the connection that its commands come over. */
type StoredHolder = Omit<Holder, 'token'> & {
  readonly connection?: ConnectionIdentity;
};

/** Consumer groups on Redis: each step that must not be split is one script, which asks the group's state first. */
export abstract class RedisGroups extends RedisPendingEntries implements ConsumerGroups {
  /** See `EventStore.range`. */
  abstract range(stream: string, options: RangeOptions): Promise<StoredEntry[]>;

  /** See `ConsumerGroups.beat`. */
  async beat({ token, host, pid }: Holder, ttlMs: number): Promise<boolean> {
    const key = processKey(token);
    // When memory is short, Redis still does this.
    if ((await this.run((client) => client.pexpire(key, ttlMs))) === 1) return true;
    const text = JSON.stringify({ host, pid });
    await this.run((client) => client.set(key, text, 'PX', ttlMs));
    return false;
  }

  /** See `ConsumerGroups.openGroup`. */
  async openGroup(member: Member, options: OpenGroupOptions): Promise<GroupState> {
    let [opened, facts] = await this.open(member, options, '');
    if (opened.heldBy !== undefined) {
      const other = parseHolder(opened.heldBy);
      if (await this.isAlive(other.token)) throw nameInUse(member, other.holder);
      await this.endConnection(other.holder);
      // All that it said: had it come back meanwhile, over another connection, that would be another text.
      [opened, facts] = await this.open(member, options, opened.heldBy);
      if (opened.heldBy !== undefined) throw nameInUse(member, parseHolder(opened.heldBy).holder);
    }
    if (opened.owner) throw groupInUse(member, opened.owner);
    const { created, vanished, lastDeliveredId, newest } = opened;
    return {
      ...{ created, vanished, lastDeliveredId, facts },
      ahead: facts && (await this.countAhead(member.stream, lastDeliveredId, facts)),
      lost: toVanished(opened.lost),
      skipped: toVanished(opened.skipped),
      newest: newest || null,
    };
  }

  /** See `ConsumerGroups.holds`. */
  async holds(member: Member): Promise<boolean> {
    const held = await this.run((client) =>
      client.hget(groupKey(member), `holder:${member.consumer}`),
    );
    return held?.startsWith(`${member.holder.token} `) ?? false;
  }

  /** See `ConsumerGroups.handBack`. */
  async handBack(member: Member, nativeIds: readonly string[], keepsName = false): Promise<number> {
    const keys = [...keysOf(member), bellKey(member.stream)];
    const ids = [...nativeIds].sort(compareEntryIds);
    const args = [...argsOf(member), NOBODY, LONG_IDLE_MS, keepsName ? 1 : 0, ...ids];
    return (await this.script(scripts.HAND_BACK, keys, args)) as number;
  }

  /** See `ConsumerGroups.groupPosition`. */
  async groupPosition({ stream, group }: GroupRef): Promise<string | null> {
    return (await this.script(scripts.GROUP_POSITION, [stream], [group])) as string | null;
  }

  /** See `ConsumerGroups.look`. */
  async look(stream: string, groups: readonly string[]): Promise<StreamFacts | null> {
    const keys = [stream, ...groups.map((group) => groupKey({ stream, group }))];
    return toFacts(await this.script(scripts.LOOK, keys, groups));
  }

  /** See `ConsumerGroups.moveBaseline`. */
  async moveBaseline(ref: GroupRef, from: string | null, to: string): Promise<boolean> {
    return (await this.script(scripts.MOVE_BASELINE, [groupKey(ref)], [from ?? '', to])) === 1;
  }

  /** See `ConsumerGroups.hasForeignConsumers`. */
  async hasForeignConsumers(ref: GroupRef): Promise<boolean> {
    const consumers = await this.run((client) => client.xinfo('CONSUMERS', ref.stream, ref.group));
    const names = (consumers as unknown[][])
      .map((flat) => String(flat[flat.indexOf('name') + 1]))
      .filter((name) => name !== NOBODY);
    if (names.length === 0) return false;
    const fields = names.map((name) => `consumer:${name}`);
    const marks = await this.run((client) => client.hmget(groupKey(ref), ...fields));
    return marks.includes(null);
  }

  /** See `ConsumerGroups.refresh`. */
  async refresh({ stream, group, consumer }: ConsumerRef): Promise<void> {
    // Redis 7.0: neither empty polls nor acknowledgements do.
    const at = ['COUNT', 1, 'STREAMS', stream, AFTER_ALL] as const;
    await this.run((client) => client.xreadgroup('GROUP', group, consumer, ...at));
  }

  /** See `ConsumerGroups.cleanUp`. */
  async cleanUp(ref: ConsumerRef, consumerTtlMs: number): Promise<number> {
    const args = [ref.group, ref.consumer, consumerTtlMs];
    return (await this.script(scripts.CLEAN_UP, keysOf(ref), args)) as number;
  }

  private async open(
    member: Member,
    { since, position = '', newest = '', owner }: OpenGroupOptions,
    dead: string,
  ): Promise<[Opened, StreamFacts | null]> {
    const { token, ...rest } = member.holder;
    const holder: StoredHolder = { ...rest, connection: await this.commands.identity };
    const args = [member.group, member.consumer, token, JSON.stringify(holder), dead];
    const halves = [owner?.service ?? '', owner?.listener ?? ''];
    const [reply, facts] = await Promise.all([
      this.script(scripts.OPEN_GROUP, keysOf(member), [
        ...args,
        ...[since, position, newest],
        ...halves,
      ]),
      // Behind it, in the same write.
      this.look(member.stream, [member.group]),
    ]);
    return [JSON.parse(reply as string) as Opened, facts];
  }

  private async isAlive(token: string): Promise<boolean> {
    return (await this.run((client) => client.exists(processKey(token)))) === 1;
  }

  /** What is still under way in the connection of a dead holder must never be carried out. */
  private async endConnection({ connection }: StoredHolder): Promise<void> {
    if (!connection) return;
    // Ids start anew with each server. With the address as well, nobody else's connection is meant.
    const kill = ['KILL', 'ID', connection.id, 'ADDR', connection.address];
    try {
      await this.run((client) => client.call('CLIENT', kill));
    } catch (error) {
      // Where CLIENT is forbidden, what is carried out late is found by the look for timed-out entries.
      if (!(error instanceof CommandRefusedError)) throw error;
    }
  }

  private async countAhead(
    stream: string,
    position: string,
    facts: StreamFacts,
  ): Promise<number | null> {
    const { first, last, length } = facts;
    if (first === null || compareEntryIds(position, last) >= 0) return 0;
    if (compareEntryIds(first, position) > 0) return length;
    return countAfter((range) => this.range(stream, range), position, last);
  }
}

function toVanished(range: Opened['lost']): VanishedHistory | null {
  return range ? { after: range.after, until: range.until ?? null } : null;
}

function toFacts(reply: unknown): StreamFacts | null {
  if (typeof reply !== 'string') return null;
  const { groups, first = null, ...stream } = JSON.parse(reply) as Looked;
  const named = (groups || []).map(
    ({ name, baseline, ...group }) => [name, { ...group, baseline: baseline || null }] as const,
  );
  return { ...stream, first, groups: new Map(named) };
}

function parseHolder(text: string): { token: string; holder: StoredHolder } {
  const [token = ''] = text.split(' ', 1);
  try {
    return { token, holder: JSON.parse(text.slice(token.length)) as StoredHolder };
  } catch {
    // Somebody else's field: what we write is JSON.
    return { token, holder: { host: 'unknown', pid: 0, since: 'unknown' } };
  }
}
