import { createHash } from 'node:crypto';
import type { FlatFields } from '../entries.js';
import { earliestOf, identityOf } from '../once.js';
import { PAGE_LENGTH } from '../pages.js';
import type { AppendCommands } from './append-commands.js';

/** How many entries of the stream are looked at in one step, at most. */
const MAX_PAGE = 300;

/** How many times as many entries a page may have as the one before: what comes may be larger. */
const PAGE_GROWTH = 4;

/** Of how many calls is kept how far they have come. */
const MAX_KEPT = 1_000;

type RawEntry = [id: string, fields: string[]];

/** Looks for entries in the stream, from the earliest place where they can be. */
export class OnceLook {
  /** What was not looked at yet starts here: the start of a range. */
  from = '-';
  /** How many entries the next page has, at most. */
  pageSize = 1;
  /** By identity: entry id, or `?` until it is found. */
  private readonly places: Map<string, string>;
  /** Of these entries, in `progress`. */
  private key = '';

  constructor(
    private readonly commands: AppendCommands,
    private readonly stream: string,
    private readonly sought: readonly FlatFields[],
    private readonly progress: Map<string, string>,
  ) {
    this.places = new Map(sought.map((fields) => [identityOf(fields), '?']));
  }

  /** Where an entry is; `?` where it may be in what was not looked at yet; `''` where it isn't. */
  foundAt(fields: FlatFields): string {
    return this.places.get(identityOf(fields)) ?? '';
  }

  /** By the newest entry, whose id tells the time and whose size tells how many make a page. */
  async start(withinMs: number): Promise<void> {
    const newest = await this.commands.read(
      (client) => client.xrevrange(this.stream, '+', '-', 'COUNT', 1),
      'find',
    );
    const newestMs = BigInt(newest[0]?.[0].split('-')[0] ?? 0);
    const names = JSON.stringify([this.stream, ...this.places.keys()]);
    this.key = createHash('sha1').update(names).digest('hex');
    this.from = this.progress.get(this.key) ?? earliestOf(this.sought, newestMs, withinMs);
    this.pageSize = nextPageSize(4, newest);
  }

  /** Goes on to the end of the stream, or until all are found. */
  async goOn(): Promise<void> {
    for (;;) {
      const { from, pageSize } = this;
      const page = await this.commands.read(
        (client) => client.xrange(this.stream, from, '+', 'COUNT', pageSize),
        'find',
      );
      for (const [id, fields] of page) {
        const identity = identityOf(fields);
        if (this.places.get(identity) === '?') this.places.set(identity, id);
        this.from = `(${id}`;
      }
      this.pageSize = nextPageSize(pageSize, page);
      const places = [...this.places.values()];
      if (page.length < pageSize || !places.includes('?')) return;
      // What was found would be missed by who goes on behind it.
      if (places.every((place) => place === '?')) this.keepProgress();
    }
  }

  /** Nothing is sought any more. */
  end(): void {
    this.progress.delete(this.key);
  }

  private keepProgress(): void {
    this.progress.delete(this.key);
    this.progress.set(this.key, this.from);
    const [oldest] = this.progress.keys();
    if (this.progress.size > MAX_KEPT && oldest !== undefined) this.progress.delete(oldest);
  }
}

function nextPageSize(last: number, page: readonly RawEntry[]): number {
  const length = page.reduce((sum, [, fields]) => sum + fields.join('').length, 0);
  const fitting = Math.floor((PAGE_LENGTH * page.length) / Math.max(length, 1));
  return Math.max(1, Math.min(MAX_PAGE, last * PAGE_GROWTH, page.length > 0 ? fitting : MAX_PAGE));
}
