import { isDeepStrictEqual } from 'node:util';
import { formatEntryId } from '../../wire/entry-id.js';
import type {
  ClaimedPage,
  ConsumerGroups,
  ConsumerRef,
  GroupRef,
  HandBackOptions,
  Holder,
  Member,
  PendingEntry,
} from '../consumer-groups.js';
import type {
  GroupOwner,
  GroupState,
  OpenGroupOptions,
  StreamFacts,
  VanishedHistory,
} from '../group-state.js';
import type { FailureNote } from '../inspection.js';
import { groupInUse, nameInUse } from '../ownership-errors.js';
import { groupKey, MemoryContents } from './memory-contents.js';
import { MemoryGroup } from './memory-group.js';
import { positionOf } from '../positions.js';
import type { MemoryStream } from './memory-stream.js';

/** Consumer groups in memory. */
export abstract class MemoryGroups extends MemoryContents implements ConsumerGroups {
  /** Until when processes count as alive. */
  private readonly alive = new Map<string, number>();

  /** @inheritdoc */
  async beat({ token }: Holder, ttlMs: number): Promise<boolean> {
    this.assertOpen('show that this process lives');
    const wasAlive = this.lives(token);
    this.alive.set(token, this.now() + ttlMs);
    return wasAlive;
  }

  /** @inheritdoc */
  async openGroup(member: Member, options: OpenGroupOptions): Promise<GroupState> {
    this.assertOpen(`open group '${member.group}' on '${member.stream}'`);
    const stream = this.streamOf(member.stream);
    const existing = this.groups.get(groupKey(member));
    if (existing) this.checkNames(existing, member, options.owner);
    const { start, vanished } = startOf(stream, options);
    const group = existing ?? new MemoryGroup(stream, start, this.now);
    stream.create();
    this.groups.set(groupKey(member), group);
    const interrupted = group.names.hold(member.consumer, member.holder);
    group.owner ??= options.owner;
    const { lastDeliveredId, ahead } = group;
    const created = existing === undefined;
    return {
      ...{ created, lastDeliveredId, ahead, interrupted, skipped: null },
      remade: created && options.acknowledged !== undefined,
      vanished: created ? vanished : null,
      newest: stream.lastPosition > 0n ? formatEntryId(stream.lastPosition) : null,
      facts: { ...stream.facts, groups: new Map([[member.group, group.facts]]) },
    };
  }

  /** @inheritdoc */
  async holds(member: Member): Promise<boolean> {
    this.assertOpen(`ask who has the name '${member.consumer}'`);
    return this.isHeldBy(member);
  }

  /** @inheritdoc */
  async handBack(member: Member, options: HandBackOptions = {}): Promise<number> {
    this.assertOpen(`give back the name '${member.consumer}'`);
    if (!this.isHeldBy(member)) return 0;
    const handed = this.groupOf(member).handBack(member.consumer, options);
    if (handed > 0) this.streamOf(member.stream).ring('handed_back');
    return handed;
  }

  /** @inheritdoc */
  async lastDeliveredId(ref: GroupRef): Promise<string | null> {
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

  /** Nothing is known of it beyond this process. */
  async told(): Promise<void> {
    this.assertOpen('note what was told');
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
  async recordAttempts(
    member: Member,
    nativeId: string,
    attempts: number,
    waits: boolean,
    failure?: FailureNote,
  ): Promise<void> {
    this.groupFor(member).recordAttempts(member.consumer, nativeId, attempts, waits, failure);
  }

  /** @inheritdoc */
  async interrupted(ref: GroupRef, consumer: string): Promise<string | null> {
    this.assertOpen(`ask what '${consumer}' was handling`);
    return this.groups.get(groupKey(ref))?.names.interruptedBy(consumer)?.nativeId ?? null;
  }

  /** @inheritdoc */
  async countAttempt(member: Member, nativeId: string): Promise<number> {
    return this.groupFor(member).countAttempt(nativeId);
  }

  /** @inheritdoc */
  async livesOn(ref: GroupRef, consumer: string): Promise<void> {
    this.groupOf(ref).names.livesOn(consumer);
  }

  /** @inheritdoc */
  async isAlive(token: string): Promise<boolean> {
    this.assertOpen('ask whether a process lives');
    return this.lives(token);
  }

  /** For how long a process counts as alive, ms; `null`: it does not. */
  protected leaseOf(token: string): number | null {
    const leaseMs = (this.alive.get(token) ?? 0) - this.now();
    return leaseMs > 0 ? leaseMs : null;
  }

  private lives(token: string): boolean {
    return this.leaseOf(token) !== null;
  }

  private checkNames(group: MemoryGroup, member: Member, owner: GroupOwner | undefined): void {
    const other = group.names.holders.get(member.consumer);
    if (other && this.lives(other.token) && other.token !== member.holder.token)
      throw nameInUse(member, other);
    if (owner && group.owner && !isDeepStrictEqual(owner, group.owner)) {
      throw groupInUse(member, group.owner);
    }
  }
}

function startOf(
  stream: MemoryStream,
  { since, acknowledged, newest }: OpenGroupOptions,
): { start: bigint; vanished: VanishedHistory | null } {
  if (newest !== undefined && stream.neverHeld(positionOf(newest))) {
    return { start: 0n, vanished: { after: acknowledged ?? '0-0', until: null } };
  }
  const start = acknowledged ?? since;
  return { start: start === '$' ? stream.lastPosition : positionOf(start), vanished: null };
}
