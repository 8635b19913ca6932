import type { GroupRef } from '../store/consumer-groups.js';
import type { VanishedHistory } from '../store/group-state.js';

/** What the reading of one stream tells without being asked, whoever in here has found it out. */
export type ReadingNews =
  /** Another consumer took an entry over while this one held it. */
  | { readonly kind: 'taken'; readonly ref: GroupRef; readonly nativeId: string }
  /** Entries have vanished before the listener handled them: from the stream, or from what was pending. */
  | { readonly kind: 'vanished'; readonly ref: GroupRef; readonly range: VanishedHistory }
  /** Others have made the group again, further on: what lies between may have been handled by nobody. */
  | { readonly kind: 'skipped'; readonly ref: GroupRef; readonly range: VanishedHistory }
  /** Keeping house failed: nothing is refreshed, and no loss is noticed. Reading goes on. */
  | { readonly kind: 'upkeep_failed'; readonly ref: GroupRef; readonly error: unknown };

/** Tells a piece of news. The subscription has it, and hands it down to whoever may find something out. */
export type TellNews = (news: ReadingNews) => void;
