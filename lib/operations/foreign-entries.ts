import { FOREIGN } from './dead-letter.js';
import { printable } from '../wire/printable.js';
import type { ConsumerRef } from '../store/consumer-groups.js';

/** Is told what an operator should know, in words. */
export type Warn = (message: string) => void;

/** So many ids are named. */
const NAMED = 5;

interface Found {
  readonly ref: Pick<ConsumerRef, 'stream' | 'group'>;
  /** The first of them. */
  readonly ids: string[];
  count: number;
}

/** Counts what is on dead-letter streams and is no dead letter: anybody may write there. */
export class ForeignEntries {
  private readonly found = new Map<string, Found>();

  /** @param id of an entry on the group's dead-letter stream. */
  add(id: string, ref: Pick<ConsumerRef, 'stream' | 'group'>): void {
    const key = JSON.stringify([ref.stream, ref.group]);
    const found = this.found.get(key) ?? { ref, ids: [], count: 0 };
    this.found.set(key, found);
    found.count++;
    if (found.ids.length < NAMED) found.ids.push(id);
  }

  /** Tells of each stream how many there were, if there were any. */
  report(warn: Warn): void {
    for (const { ref, ids, count } of this.found.values()) {
      const entries = count === 1 ? '1 entry' : `${count} entries`;
      const named = count > ids.length ? `${ids.join(', ')}, ...` : ids.join(', ');
      warn(
        `The dead-letter stream of group '${printable(ref.group)}' on '${printable(ref.stream)}' has ${entries} ` +
          `that this listener did not put there (${named}). Such entries are listed as '${FOREIGN}', and never ` +
          "driven again; 'discard' removes them by their ids.",
      );
    }
    this.found.clear();
  }
}
