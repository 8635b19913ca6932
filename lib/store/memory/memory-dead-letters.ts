import type { GroupRef, Member } from '../consumer-groups.js';
import {
  deadLetterStream,
  formatDeadLetter,
  formatReport,
  parseDeadLetter,
} from '../dead-letter.js';
import { formatEntryId } from '../../wire/entry-id.js';
import type { RangeOptions } from '../entries.js';
import type { DeadLetterReport, Redrive, StoredDeadLetter } from '../event-store.js';
import type { GroupUser, Removal, Retirement } from '../retirement.js';
import { groupKey } from './memory-contents.js';
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
