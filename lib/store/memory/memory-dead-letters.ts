import type { GroupRef, Member } from '../consumer-groups.js';
import {
  deadLetterStream,
  formatDeadLetter,
  formatReport,
  parseDeadLetter,
} from '../dead-letter.js';
import { entryTime, formatEntryId } from '../../wire/entry-id.js';
import type { InspectOptions, StreamState } from '../inspection.js';
import type { RangeOptions } from '../entries.js';
import type { DeadLetterReport, Redrive, StoredDeadLetter } from '../event-store.js';
import type { GroupUser, Removal, Retirement } from '../retirement.js';
import { groupKey, parseGroupKey } from './memory-contents.js';
import { MemoryGroups } from './memory-groups.js';
import { positionOf } from '../positions.js';

/** The dead-letter streams in memory. */
export abstract class MemoryDeadLetters extends MemoryGroups {
  /** See `EventStore.deadLetter`. */
  async deadLetter(
    ref: Member,
    nativeId: string,
    report: DeadLetterReport,
  ): Promise<string | null> {
    const fields = this.groupFor(ref).release(ref.consumer, nativeId);
    if (fields === undefined) return null;
    const { stream, group, consumer } = ref;
    const now = this.now();
    const time = new Date(now).toISOString();
    const letter = formatReport(report, { stream, nativeId, group, consumer, time });
    const letters = this.streamOf(deadLetterStream(ref));
    const [position] = letters.append([formatDeadLetter(letter, fields)], now, null);
    return position === undefined ? null : formatEntryId(position);
  }

  /** See `EventStore.deadLetters`. */
  async deadLetters(ref: GroupRef, range: RangeOptions): Promise<StoredDeadLetter[]> {
    const entries = await this.range(deadLetterStream(ref), range);
    return entries.map(({ nativeId, fields }) => parseDeadLetter(nativeId, fields ?? []));
  }

  /** See `Inspectable.inspect`. */
  async inspect(stream: string, { groups }: InspectOptions = {}): Promise<StreamState | null> {
    this.assertOpen(`look at '${stream}'`);
    const target = this.streams.get(stream);
    if (!target?.exists) return null;
    const { length, first } = target.facts;
    const [last] = target.range({ start: '-', end: '+', count: 1, reverse: true });
    const named = [...this.groups]
      .map(([key, group]) => ({ name: parseGroupKey(key).group, key, group }))
      .filter(({ name, key }) => key === groupKey({ stream, group: name }));
    return {
      ...{ length, firstId: first, lastId: last?.nativeId ?? null, memoryBytes: null },
      groups: named
        .filter(({ name }) => groups?.includes(name) ?? true)
        .map(({ name, group }) => {
          const { length: deadLetters = 0, first: letter = null } =
            this.streams.get(deadLetterStream({ stream, group: name }))?.facts ?? {};
          const oldestDeadLetterAt = letter === null ? null : entryTime(letter);
          const details = group.inspect((token) => this.leaseOf(token));
          return { name, ...details, deadLetters, oldestDeadLetterAt };
        }),
    };
  }

  /** See `Inspectable.stillPending`. */
  async stillPending(ref: GroupRef, nativeIds: readonly string[]): Promise<string[]> {
    this.assertOpen('look at pending entries');
    const group = this.groups.get(groupKey(ref));
    return nativeIds.filter((nativeId) => group?.isPending(nativeId) ?? false);
  }

  /** See `EventStore.redrive`. */
  async redrive(ref: GroupRef, letters: readonly Redrive[]): Promise<number> {
    this.assertOpen('drive dead letters again');
    const stored = this.streamOf(deadLetterStream(ref));
    const redriven = letters.filter(({ id, nativeId }) => {
      const position = positionOf(id);
      if (stored.fieldsAt(position) === null) return false;
      return this.groupOf(ref).redrive(nativeId) && stored.delete(position);
    }).length;
    if (redriven > 0) this.streamOf(ref.stream).ring('handed_back');
    return redriven;
  }

  /** See `EventStore.discard`. */
  async discard(ref: GroupRef, letterIds: readonly string[]): Promise<number> {
    this.assertOpen('discard dead letters');
    const letters = this.streamOf(deadLetterStream(ref));
    return letterIds.filter((id) => letters.delete(positionOf(id))).length;
  }

  /** See `Retirable.retire`. */
  async retire(ref: GroupRef, removal: Removal): Promise<Retirement> {
    this.assertOpen(`retire group '${ref.group}' on '${ref.stream}'`);
    const group = this.groups.get(groupKey(ref));
    const letters = this.streams.get(deadLetterStream(ref))?.facts.length ?? 0;
    const users: GroupUser[] = [];
    const unused: string[] = [];
    for (const [consumer, { token, host, pid, since }] of group?.names.holders ?? []) {
      if (await this.isAlive(token))
        users.push({ consumer, idleMs: 0, worker: { host, pid, since } });
      else if (group?.oldestOf(consumer) === undefined) unused.push(consumer);
    }
    const found = { exists: group !== undefined, letters, users, unused };
    if (removal === 'unused_consumers') unused.forEach((name) => group?.names.release(name));
    else if (removal !== 'nothing' && users.length === 0) {
      this.groups.delete(groupKey(ref));
      if (removal === 'group_and_letters') this.streams.delete(deadLetterStream(ref));
    }
    return found;
  }
}
