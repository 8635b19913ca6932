import { isDeepStrictEqual } from 'node:util';
import { formatEntryId } from '../../wire/entry-id.js';
import {
  groupInUse,
  nameInUse,
  type ClaimedPage,
  type ConsumerGroups,
  type ConsumerRef,
  type GroupOwner,
  type GroupRef,
  type GroupState,
  type Holder,
  type Member,
  type OpenGroupOptions,
  type PendingEntry,
  type StreamFacts,
  type VanishedHistory,
} from '../consumer-groups.js';
import { groupKey, MemoryContents } from './memory-contents.js';
import { MemoryGroup } from './memory-group.js';
import { positionOf, type MemoryStream } from './memory-stream.js';

/** Consumer groups in memory. */
export abstract class MemoryGroups extends MemoryContents implements ConsumerGroups {
  /** Until when processes count as alive. */
  private readonly alive = new Map<string, number>();

  /** @inheritdoc */
  async beat({ token }: Holder, ttlMs: number): Promise<void> {
    this.assertOpen('show that this process lives');
    this.alive.set(token, this.now() + ttlMs);
  }

  /** @inheritdoc */
  async openGroup(member: Member, options: OpenGroupOptions): Promise<GroupState> {
    this.assertOpen(`open group '${member.group}' on '${member.stream}'`);
    const stream = this.streamOf(member.stream);
    const existing = this.groups.get(groupKey(member));
    if (existing) this.checkNames(existing, member, options.owner);
    const { start, lost } = startOf(stream, options);
    const group = existing ?? new MemoryGroup(stream, start, this.now);
    stream.create();
    this.groups.set(groupKey(member), group);
    group.hold(member.consumer, member.holder);
    group.owner ??= options.owner;
    const { lastDeliveredId, ahead } = group;
    const created = existing === undefined;
    return {
      ...{ created, lastDeliveredId, ahead, skipped: null },
      vanished: created && options.position !== undefined,
      lost: created ? lost : null,
      newest: stream.lastPosition > 0n ? formatEntryId(stream.lastPosition) : null,
      facts: await this.look(member.stream, [member.group]),
    };
  }

  /** @inheritdoc */
  async holds(member: Member): Promise<boolean> {
    this.assertOpen(`ask who has the name '${member.consumer}'`);
    return this.isHeldBy(member);
  }

  /** @inheritdoc */
  async handBack(member: Member, nativeIds: readonly string[], keepsName = false): Promise<number> {
    this.assertOpen(`give back the name '${member.consumer}'`);
    if (!this.isHeldBy(member)) return 0;
    const handed = this.groupOf(member).handBack(member.consumer, nativeIds, keepsName);
    if (handed > 0) this.streamOf(member.stream).ring('handed_back');
    return handed;
  }

  /** @inheritdoc */
  async groupPosition(ref: GroupRef): Promise<string | null> {
    this.assertOpen(`look for group '${ref.group}' on '${ref.stream}'`);
    return this.groups.get(groupKey(ref))?.lastDeliveredId ?? null;
  }

  /** @inheritdoc */
  async look(stream: string, groups: readonly string[]): Promise<StreamFacts | null> {
    this.assertOpen(`look at '${stream}'`);
    const found = this.streams.get(stream);
    if (!found?.exists) return null;
    const facts = groups.flatMap((group) => {
      const one = this.groups.get(groupKey({ stream, group }));
      return one ? [[group, one.facts] as const] : [];
    });
    return { ...found.facts, groups: new Map(facts) };
  }

  /** @inheritdoc */
  async moveBaseline(ref: GroupRef, from: string | null, to: string): Promise<boolean> {
    const group = this.groupOf(ref);
    if (group.baseline !== from) return false;
    group.baseline = to;
    return true;
  }

  /** @inheritdoc */
  async hasForeignConsumers(): Promise<boolean> {
    return false;
  }

  /** @inheritdoc Consumers cost nothing here, and nobody else cleans up. */
  async refresh(ref: ConsumerRef): Promise<void> {
    this.groupOf(ref);
  }

  /** @inheritdoc */
  async cleanUp(ref: ConsumerRef): Promise<number> {
    this.groupOf(ref);
    return 0;
  }

  /** @inheritdoc */
  async readPending(member: Member, after: string, count: number): Promise<PendingEntry[]> {
    return this.groupFor(member).readPending(member.consumer, after, count);
  }

  /** @inheritdoc */
  async claim(
    member: Member,
    minIdleMs: number,
    cursor: string,
    count: number,
  ): Promise<ClaimedPage> {
    return this.groupFor(member).claim(member.consumer, minIdleMs, cursor, count);
  }

  /** @inheritdoc */
  async readNew(ref: ConsumerRef, count: number): Promise<PendingEntry[]> {
    return this.groupOf(ref).readNew(ref.consumer, count);
  }

  /** @inheritdoc */
  async acknowledge(member: Member, nativeIds: readonly string[]): Promise<string[]> {
    return this.groupFor(member).acknowledge(member.consumer, nativeIds);
  }

  /** @inheritdoc */
  async keepAlive(member: Member, nativeIds: readonly string[]): Promise<string[]> {
    return this.groupFor(member).keepAlive(member.consumer, nativeIds);
  }

  /** @inheritdoc */
  async recordAttempts(member: Member, nativeId: string, attempts: number): Promise<void> {
    this.groupFor(member).recordAttempts(member.consumer, nativeId, attempts);
  }

  private checkNames(group: MemoryGroup, member: Member, owner: GroupOwner | undefined): void {
    const other = group.holders.get(member.consumer);
    const isAlive = other && (this.alive.get(other.token) ?? 0) > this.now();
    if (isAlive && other.token !== member.holder.token) throw nameInUse(member, other);
    if (owner && group.owner && !isDeepStrictEqual(owner, group.owner)) {
      throw groupInUse(member, group.owner);
    }
  }
}

function startOf(
  stream: MemoryStream,
  { since, position, newest }: OpenGroupOptions,
): { start: bigint; lost: VanishedHistory | null } {
  if (newest !== undefined && stream.neverHeld(positionOf(newest))) {
    return { start: 0n, lost: { after: position ?? '0-0', until: null } };
  }
  const start = position ?? since;
  return { start: start === '$' ? stream.lastPosition : positionOf(start), lost: null };
}
