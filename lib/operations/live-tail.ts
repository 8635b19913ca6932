import { TransportError } from '../errors.js';
import type { EventStore } from '../store/event-store.js';
import type { HistorySource } from '../store/history-source.js';
import { measureEntry, PAGE_LENGTH, readPages } from '../store/pages.js';
import type { SourceEntry } from '../store/read-history.js';
import { clock } from '../timing/clock.js';
import { Rest } from '../timing/rest.js';
import { compareEntryIds } from '../wire/entry-id.js';

/** What is read at once of one stream, at most: entries, and characters of them. */
const MOST_ENTRIES = 200;
const MOST_LENGTH = 1_000_000;

/** How long it rests between two looks, and after a failure of the store, ms. */
const BETWEEN_MS = 250;
const RETRY_MS = 1_000;

/** How often it looks for streams that are new, and gives a step, be it an empty one, ms. */
const SEARCH_MS = 10_000;

/** What has come since the last step. */
export interface TailStep {
  /** The newest of it, oldest first. */
  readonly entries: readonly SourceEntry[];
  /** How many others have come, which were not read. */
  readonly missed: number;
}

/** A stream, and up to where it was looked at. */
interface Watched {
  readonly store: EventStore;
  readonly stream: string;
  deafen: () => void;
  hasNews: boolean;
  position: string;
  /** How many entries had ever been added. */
  added: number;
}

/** What a {@link LiveTail} looks at. */
export interface TailOptions {
  /** The streams as things stand; asked for again from time to time. */
  readonly sources: () => Promise<readonly HistorySource[]>;
  readonly signal: AbortSignal;
}

/**
 * Gives what is stored on some streams from now on. Reading is pulled: while nobody pulls, nothing is read, and what
 * has come meanwhile is counted, but for the newest. So it costs no more than its reader takes, however fast a stream is
 * filled.
 *
 * Ends when the signal is aborted. Waits for a store that is away.
 */
export class LiveTail {
  private readonly watched = new Map<string, Watched>();
  private readonly rest = new Rest();
  private nextSearchAt = 0;
  private isFirst = true;

  constructor(private readonly options: TailOptions) {}

  /** May be called once. @throws what `sources` throws the first time. */
  async *steps(): AsyncGenerator<TailStep, void, void> {
    const { signal } = this.options;
    try {
      while (!signal.aborted) {
        let rest = BETWEEN_MS;
        try {
          if (clock.now() >= this.nextSearchAt) await this.search();
          yield await this.look();
        } catch (error) {
          if (!(error instanceof TransportError) || this.isFirst) throw error;
          for (const one of this.watched.values()) one.hasNews = true;
          rest = RETRY_MS;
        }
        this.isFirst = false;
        await this.rest.rest(rest, signal, () => false);
        const untilSearch = Math.max(0, this.nextSearchAt - clock.now());
        await this.rest.rest(untilSearch, signal, () => this.hasNews());
      }
    } finally {
      for (const { deafen } of this.watched.values()) deafen();
    }
  }

  private hasNews(): boolean {
    return [...this.watched.values()].some((one) => one.hasNews);
  }

  private async search(): Promise<void> {
    const found = await this.options.sources();
    this.nextSearchAt = clock.now() + SEARCH_MS;
    await Promise.all(found.map((source) => this.watch(source)));
  }

  private async watch({ store, stream }: HistorySource): Promise<void> {
    if (this.watched.has(stream)) return;
    const one: Watched = {
      ...{ store, stream, deafen: () => undefined, hasNews: !this.isFirst },
      ...{ position: '0-0', added: 0 },
    };
    this.watched.set(stream, one);
    one.deafen = store.listen(stream, (news) => {
      if (news === 'sent') return;
      one.hasNews = true;
      this.rest.wake();
    });
    if (!this.isFirst) return;
    const facts = await store.look(stream, []);
    if (facts) Object.assign(one, { position: facts.last, added: facts.added });
  }

  private async look(): Promise<TailStep> {
    const due = [...this.watched.values()].filter(({ hasNews }) => hasNews);
    const steps = await Promise.all(due.map(readOn));
    const entries = steps.flatMap((step) => step.entries);
    entries.sort((a, b) => compareEntryIds(a.nativeId, b.nativeId));
    return { entries, missed: steps.reduce((sum, { missed }) => sum + missed, 0) };
  }
}

async function readOn(one: Watched): Promise<TailStep> {
  const { store, stream } = one;
  one.hasNews = false;
  const facts = await store.look(stream, []);
  // It was deleted, or Redis has gone back to an older state: what comes now begins anew.
  if (!facts || compareEntryIds(facts.last, one.position) < 0) {
    Object.assign(one, { position: facts?.last ?? '0-0', added: facts?.added ?? 0 });
    return { entries: [], missed: 0 };
  }
  const added = facts.added - one.added;
  const start = `(${one.position}`;
  Object.assign(one, { position: facts.last, added: facts.added });
  if (added <= 0) return { entries: [], missed: 0 };
  const entries: SourceEntry[] = [];
  let length = 0;
  const most = Math.min(added, MOST_ENTRIES);
  const range = { start, end: facts.last, reverse: true };
  const bounds = { first: Math.min(5, most), most, length: PAGE_LENGTH };
  for await (const page of readPages(
    (asked) => store.range(stream, asked),
    { ...range, ...bounds },
    measureEntry,
  )) {
    for (const entry of page) {
      if (entries.length >= most || length >= MOST_LENGTH) break;
      entries.push({ ...entry, stream });
      length += measureEntry(entry).length;
    }
    if (entries.length >= most || length >= MOST_LENGTH) break;
  }
  return { entries: entries.reverse(), missed: Math.max(0, added - entries.length) };
}
