import { createHash } from 'node:crypto';
import type { RedisClient } from '../../redis/redis-connection.js';
import { runScript } from '../../redis/script.js';
import { eventNameOf, idOf } from '../../wire/by-field.js';
import type { FlatFields } from '../entries.js';
import type { AppendOnceOptions } from '../event-store.js';
import { earliestOf, identityOf, mayBeUnremembered } from '../once.js';
import { PAGE_LENGTH } from '../pages.js';
import { onceKey } from './keys.js';
import { APPEND_ONCE } from './scripts.generated.js';

/** How many entries of the stream are looked at in one step, at most. */
const MAX_PAGE = 300;

/** How many times as many entries a page may have as the one before: what comes may be larger. */
const PAGE_GROWTH = 4;

/** Of how many calls is kept how far they have come. */
const MAX_KEPT = 1_000;

type RawEntry = [id: string, fields: string[]];

/** Where an entry is. */
export interface FoundOrStored {
  readonly nativeId: string;
  /** Whether it was there before. */
  readonly wasThere: boolean;
}

/** How the commands of one call are sent. */
export interface OnceCommands {
  /** Sends one that changes nothing. */
  read<T>(command: (client: RedisClient) => Promise<T>): Promise<T>;
  /** Sends what stores; calls what it is given each time that it was sent. */
  store<T>(command: (client: RedisClient, onSent: () => void) => Promise<T>): Promise<T>;
}

/**
 * Stores those entries that are not there yet, in order.
 *
 * What was stored 'once' before is known by a key, in the same script. Where an entry may be in the
 * stream without one, the stream is looked through up to its end, page by page, so that Redis serves
 * others in between; the script itself looks only at what has come in since the last page. If that is
 * more than a page, it does nothing, and looking goes on.
 *
 * @param progress where earlier calls have stopped looking, their time being up: the same call goes on
 *   from there, so that one of them succeeds, however much there is to look through.
 * @returns where each of them is.
 */
export async function appendOnce(
  commands: OnceCommands,
  stream: string,
  entries: readonly FlatFields[],
  { onceWithinMs, maxLength }: Pick<AppendOnceOptions, 'maxLength' | 'onceWithinMs'>,
  progress: Map<string, string>,
): Promise<FoundOrStored[]> {
  const keys = [
    stream,
    ...entries.map((fields) => onceKey(stream, eventNameOf(fields), idOf(fields))),
  ];
  const sought = entries.filter(mayBeUnremembered);
  const look = new Look(commands, stream, sought, progress);
  if (sought.length > 0) await look.start(onceWithinMs);
  for (;;) {
    const args = [onceWithinMs, maxLength ? maxLength : '', look.from, look.pageSize];
    for (const fields of entries) {
      args.push(look.foundAt(fields), idOf(fields), eventNameOf(fields), fields.length, ...fields);
    }
    const stored = await commands.store((client, onSent) =>
      runScript(client, APPEND_ONCE, keys, args, onSent),
    );
    if (stored !== null) {
      look.end();
      return (stored as (string | [string])[]).map((place) =>
        typeof place === 'string'
          ? { nativeId: place, wasThere: false }
          : { nativeId: place[0], wasThere: true },
      );
    }
    await look.goOn();
  }
}

/** Looks for entries in the stream, from the earliest place where they can be. */
class Look {
  /** What was not looked at yet starts here: the start of a range. */
  from = '-';
  /** How many entries the next page has, at most. */
  pageSize = 1;
  /** By identity: entry id, or `?` until it is found. */
  private readonly places: Map<string, string>;
  /** Of these entries, in `progress`. */
  private key = '';

  constructor(
    private readonly commands: OnceCommands,
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
    const newest = await this.commands.read((client) =>
      client.xrevrange(this.stream, '+', '-', 'COUNT', 1),
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
      const page = await this.commands.read((client) =>
        client.xrange(this.stream, from, '+', 'COUNT', pageSize),
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
