import { endConnection } from '../../redis/previous-connection.js';
import { CommandRefusedError } from '../../redis/connection-errors.js';
import { compareEntryIds } from '../../wire/entry-id.js';
import type {
  ConsumerGroups,
  ConsumerRef,
  GroupRef,
  HandBackOptions,
  Holder,
  Member,
} from '../consumer-groups.js';
import type { GroupState, OpenGroupOptions, StreamFacts, VanishedHistory } from '../group-state.js';
import { groupInUse, nameInUse } from '../ownership-errors.js';
import type { RangeOptions, StoredEntry } from '../entries.js';

import { countAfter } from './count-after.js';
import {
  parseHolder,
  toFacts,
  toVanished,
  type FoundFacts,
  type Opened,
  type StoredHolder,
} from './group-replies.js';
import { bellKey, groupKey, processKey } from './keys.js';
import { RedisPendingEntries } from './redis-pending-entries.js';
import { argsOf, isNobody, keysOf, LONG_IDLE_MS, NOBODY } from './redis-scripts.js';
import * as scripts from './scripts.generated.js';

/** Nothing is pending after this id: reading from there changes nothing but the consumer's idle time. */
const AFTER_ALL = '18446744073709551615-0';

/** Consumer groups on Redis: each step that must not be split is one script, which asks the group's state first. */
export abstract class RedisGroups extends RedisPendingEntries implements ConsumerGroups {
  /** See `EventStore.range`. */
  abstract range(stream: string, options: RangeOptions): Promise<StoredEntry[]>;

  /** See `ConsumerGroups.beat`. */
  async beat({ token, host, pid }: Holder, ttlMs: number): Promise<boolean> {
    const text = JSON.stringify({ host, pid });
    return (await this.script(scripts.BEAT, [processKey(token)], [ttlMs, text])) === 1;
  }

  /** See `ConsumerGroups.openGroup`. */
  async openGroup(member: Member, options: OpenGroupOptions): Promise<GroupState> {
    let opened = await this.open(member, options, '');
    if (opened.heldBy !== undefined) {
      const other = parseHolder(opened.heldBy);
      if (await this.isAlive(other.token)) throw nameInUse(member, other.holder);
      await this.endConnectionOf(member.stream, other.holder);
      // All that it said: had it come back meanwhile, over another connection, that would be another text.
      opened = await this.open(member, options, opened.heldBy);
      if (opened.heldBy !== undefined) throw nameInUse(member, parseHolder(opened.heldBy).holder);
    }
    if (opened.owner) throw groupInUse(member, opened.owner);
    const { created, remade, lastDeliveredId, newest, interrupted } = opened;
    const facts = toFacts(opened.facts);
    // Who opens the group once more has told it.
    const isCounted = created || options.acknowledged === undefined;
    return {
      ...{ created, remade, lastDeliveredId, facts },
      ahead: isCounted ? await this.countAhead(member.stream, lastDeliveredId, facts) : null,
      vanished: toVanished(opened.vanished),
      skipped: toVanished(opened.skipped),
      newest: newest || null,
      interrupted: interrupted ? { nativeId: interrupted.id, isKnown: interrupted.isKnown } : null,
    };
  }

  /** See `ConsumerGroups.holds`. */
  async holds(member: Member): Promise<boolean> {
    const state = groupKey(member);
    const held = await this.run(state, (client) => client.hget(state, `holder:${member.consumer}`));
    return held?.startsWith(`${member.holder.token} `) ?? false;
  }

  /** See `ConsumerGroups.handBack`. */
  async handBack(
    member: Member,
    { staying = [], fetched = [], keepsName = false }: HandBackOptions = {},
  ): Promise<number> {
    const keys = [...keysOf(member), bellKey(member.stream)] as const;
    const entries = [staying.length, ...staying, ...fetched];
    const args = [...argsOf(member), NOBODY, LONG_IDLE_MS, keepsName ? 1 : 0, ...entries];
    return (await this.script(scripts.HAND_BACK, keys, args)) as number;
  }

  /** See `ConsumerGroups.lastDeliveredId`. */
  async lastDeliveredId({ stream, group }: GroupRef): Promise<string | null> {
    return (await this.script(scripts.LAST_DELIVERED, [stream], [group])) as string | null;
  }

  /** See `ConsumerGroups.look`. */
  async look(stream: string, groups: readonly string[]): Promise<StreamFacts | null> {
    const keys = [stream, ...groups.map((group) => groupKey({ stream, group }))] as const;
    const reply = (await this.script(scripts.LOOK, keys, groups)) as string | null;
    return reply === null ? null : toFacts(JSON.parse(reply) as FoundFacts);
  }

  /** See `ConsumerGroups.moveBaseline`. */
  async moveBaseline(
    ref: GroupRef,
    from: string | null,
    to: string,
    vanished: VanishedHistory | null,
  ): Promise<boolean> {
    const args = [from ?? '', to, ...(vanished ? [vanished.after, vanished.until ?? ''] : [])];
    return (await this.script(scripts.MOVE_BASELINE, [groupKey(ref)], args)) === 1;
  }

  /** See `ConsumerGroups.told`. */
  async told(
    ref: GroupRef,
    kind: 'vanished' | 'skipped',
    { after, until }: VanishedHistory,
  ): Promise<void> {
    await this.script(scripts.TOLD, [groupKey(ref)], [kind, `${after} ${until ?? ''}`]);
  }

  /** See `ConsumerGroups.hasForeignConsumers`. */
  async hasForeignConsumers(ref: GroupRef): Promise<boolean> {
    const { stream, group } = ref;
    const consumers = await this.run(stream, (client) => client.xinfo('CONSUMERS', stream, group));
    const names = (consumers as unknown[][])
      .map((flat) => String(flat[flat.indexOf('name') + 1]))
      .filter((name) => !isNobody(name));
    if (names.length === 0) return false;
    const fields = names.map((name) => `consumer:${name}`);
    const state = groupKey(ref);
    const marks = await this.run(state, (client) => client.hmget(state, ...fields));
    return marks.includes(null);
  }

  /** See `ConsumerGroups.refresh`. */
  async refresh({ stream, group, consumer }: ConsumerRef): Promise<void> {
    // Redis 7.0: neither empty polls nor acknowledgements do.
    const at = ['COUNT', 1, 'STREAMS', stream, AFTER_ALL] as const;
    await this.run(stream, (client) => client.xreadgroup('GROUP', group, consumer, ...at));
  }

  /** See `ConsumerGroups.cleanUp`. */
  async cleanUp(ref: ConsumerRef, consumerTtlMs: number): Promise<number> {
    const args = [ref.group, ref.consumer, consumerTtlMs];
    return (await this.script(scripts.CLEAN_UP, keysOf(ref), args)) as number;
  }

  private async open(
    member: Member,
    { since, acknowledged = '', newest = '', owner }: OpenGroupOptions,
    dead: string,
  ): Promise<Opened> {
    const { token, ...rest } = member.holder;
    const { identity } = this.connections.of(member.stream);
    const holder: StoredHolder = { ...rest, connection: await identity };
    const reply = await this.script(scripts.OPEN_GROUP, keysOf(member), [
      ...[member.group, member.consumer, token, JSON.stringify(holder), dead],
      ...[since, acknowledged, newest],
      ...[owner?.service ?? '', owner?.listener ?? ''],
    ]);
    return JSON.parse(reply as string) as Opened;
  }

  /** See `ConsumerGroups.isAlive`. */
  async isAlive(token: string): Promise<boolean> {
    const key = processKey(token);
    return (await this.run(key, (client) => client.exists(key))) === 1;
  }

  /** What is still under way in the connection of a dead holder must never be carried out. */
  private async endConnectionOf(stream: string, { connection }: StoredHolder): Promise<void> {
    if (!connection) return;
    try {
      await this.run(stream, (client) => endConnection(client, connection));
    } catch (error) {
      // Where CLIENT is forbidden, what is carried out late is found by the look for timed-out entries.
      if (!(error instanceof CommandRefusedError)) throw error;
    }
  }

  private async countAhead(
    stream: string,
    lastDeliveredId: string,
    facts: StreamFacts,
  ): Promise<number | null> {
    const { first, last, length } = facts;
    if (first === null || compareEntryIds(lastDeliveredId, last) >= 0) return 0;
    if (compareEntryIds(first, lastDeliveredId) > 0) return length;
    return countAfter((range) => this.range(stream, range), lastDeliveredId, last);
  }
}
