import type { ConnectionIdentity } from '../../redis/previous-connection.js';
import type { Holder } from '../consumer-groups.js';
import type { GroupOwner, StreamFacts, VanishedHistory } from '../group-state.js';

/** A range of ids in the replies of scripts. */
interface FoundRange {
  readonly after: string;
  readonly until?: string;
}

/** The reply of `open-group.lua`. */
export interface Opened {
  readonly heldBy?: string;
  readonly owner?: GroupOwner;
  readonly created: boolean;
  readonly remade: boolean;
  readonly lastDeliveredId: string;
  readonly vanished: false | FoundRange;
  readonly skipped: false | FoundRange;
  readonly newest: string | false;
  readonly interrupted: false | { readonly id: string; readonly isKnown: boolean };
  readonly facts: FoundFacts;
}

/** The reply of `look.lua`, and a part of the one of `open-group.lua`. */
export interface FoundFacts {
  readonly added: number;
  readonly length: number;
  readonly first?: string;
  readonly last: string;
  readonly deleted: string;
  readonly groups: false | FoundGroup[];
}

interface FoundGroup {
  readonly name: string;
  readonly lastDeliveredId: string;
  readonly pending: number;
  readonly count: number;
  readonly remade: boolean;
  readonly baseline: string | false;
}

/** A holder as it is stored: with the connection that its commands come over. */
export type StoredHolder = Omit<Holder, 'token'> & {
  readonly connection?: ConnectionIdentity;
};

/** What has vanished or was skipped, if anything. */
export function toVanished(range: false | FoundRange): VanishedHistory | null {
  return range ? { after: range.after, until: range.until ?? null } : null;
}

/** What is known of a stream and the groups that were asked about. */
export function toFacts({ groups, first, ...stream }: FoundFacts): StreamFacts {
  const named = (groups || []).map(
    ({ name, baseline, ...group }) => [name, { ...group, baseline: baseline || null }] as const,
  );
  return { ...stream, first: first ?? null, groups: new Map(named) };
}

/** Who holds the name of a consumer, as the field of its group's state says: `<token> <JSON>`. */
export function parseHolder(text: string): { token: string; holder: StoredHolder } {
  const [token = ''] = text.split(' ', 1);
  try {
    const holder: unknown = JSON.parse(text.slice(token.length));
    if (isHolder(holder)) return { token, holder };
  } catch {
    // Below.
  }
  // Somebody else's field.
  return { token, holder: { host: 'unknown', pid: 0, since: 'unknown' } };
}

function isHolder(value: unknown): value is StoredHolder {
  const { host, pid, since } = (value ?? {}) as Partial<StoredHolder>;
  return typeof host === 'string' && typeof pid === 'number' && typeof since === 'string';
}
