import type { EntryHead } from '../store/entries.js';
import { entryTime } from '../wire/entry-id.js';
import type { StreamOwner } from '../wire/stream-names.js';

/** How many names are told. */
const MOST_NAMES = 50;

/** How many events of a name there are. */
export interface NameCount {
  /** `event`, or `api.event` where it is of another API than the stream's; `''` where entries say no name. */
  readonly name: string;
  readonly count: number;
  /** When the last of them was stored. */
  readonly last: Date;
}

/** Counts events by name. */
export class Tally {
  private readonly byName = new Map<string, { count: number; last: number }>();

  constructor(private readonly owner: StreamOwner | null) {}

  /** @param weight how many entries it stands for. */
  add(head: EntryHead, weight: number): void {
    const name = this.nameOf(head);
    const known = this.byName.get(name) ?? { count: 0, last: 0 };
    const at = entryTime(head.nativeId).getTime();
    this.byName.set(name, { count: known.count + weight, last: Math.max(known.last, at) });
  }

  facts(): { readonly names: readonly NameCount[]; readonly otherNames: number } {
    const names = [...this.byName].map(([name, { count, last }]) => {
      return { name, count: Math.round(count), last: new Date(last) };
    });
    names.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
    const told = names.slice(0, MOST_NAMES);
    return { names: told, otherNames: names.length - told.length };
  }

  // As in `deserialize`: the stream says what the entry does not.
  private nameOf({ apiName, eventName }: EntryHead): string {
    const own = this.owner?.eventName === '*' ? '' : (this.owner?.eventName ?? '');
    const event = eventName || own;
    return apiName && apiName !== this.owner?.apiName ? `${apiName}.${event}` : event;
  }
}
