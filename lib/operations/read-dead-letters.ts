import { inContext } from '../redis/in-context.js';
import { InvalidOptionsError } from '../errors.js';
import type { ConsumerRef } from '../store/consumer-groups.js';
import type { RangeOptions } from '../store/entries.js';
import type { EventStore, StoredDeadLetter } from '../store/event-store.js';
import { mergeInOrder } from '../store/merge.js';
import { lengthOf, readPages } from '../store/pages.js';
import { compareEntryIds } from '../wire/entry-id.js';
import { checkLetterId, FOREIGN, toDeadLetter, type DeadLetter } from './dead-letter.js';
import { ForeignEntries, type Warn } from './foreign-entries.js';

/** The most letters that one read fetches. */
const PAGE = 100;

/** About how many characters of all streams together may be at hand. */
const LENGTH_AT_HAND = 500_000;

/** The dead letters of one consumer group on one stream. */
export interface DeadLetterSource {
  readonly store: EventStore;
  readonly ref: Pick<ConsumerRef, 'stream' | 'group'>;
}

/** Which dead letters to read. */
export interface DeadLettersOptions {
  /**
   * Only those that follow this one: a letter, or its id. Letters of a listener that reads several
   * streams may have the same id; only the letter itself tells them apart.
   */
  readonly after?: string | Pick<DeadLetter, 'id' | 'stream'>;
  /** How many at most. @default no limit */
  readonly limit?: number;
}

/**
 * Reads the dead letters of several streams as one, in the order in which they were given up, page by
 * page as they are pulled: a reader that takes one only costs what one costs.
 *
 * @param find asked once, when the first letter is pulled.
 * @param warn is told at the end what others have put there, which is read as what it is.
 * @throws InvalidOptionsError at once; `TransportError` where the store can't be read.
 */
export function readDeadLetters(
  find: () => Promise<readonly DeadLetterSource[]>,
  { after, limit = Infinity }: DeadLettersOptions,
  warn: Warn,
): AsyncGenerator<DeadLetter, void, void> {
  if (limit !== Infinity && !(Number.isInteger(limit) && limit >= 0)) {
    throw new InvalidOptionsError(
      `The option 'limit' of 'deadLetters' must be a whole number from 0, or Infinity, not ${String(limit)}.`,
    );
  }
  return readChecked(find, { after: checkAfter(after), limit }, warn);
}

async function* readChecked(
  find: () => Promise<readonly DeadLetterSource[]>,
  { after, limit }: { after: After | undefined; limit: number },
  warn: Warn,
): AsyncGenerator<DeadLetter, void, void> {
  const foreign = new ForeignEntries();
  try {
    let left = limit;
    if (left === 0) return;
    for await (const letters of readInOrder(await find(), after, left, foreign)) {
      for (const letter of letters) {
        yield letter;
        if (--left === 0) return;
      }
    }
  } finally {
    foreign.report(warn);
  }
}

function readInOrder(
  sources: readonly DeadLetterSource[],
  after: After | undefined,
  limit: number,
  foreign: ForeignEntries,
): AsyncGenerator<readonly DeadLetter[], void, void> {
  const most = Math.min(PAGE, limit);
  const length = LENGTH_AT_HAND / Math.max(1, sources.length);
  const letters = sources.map((source) =>
    readSource(source, { start: startAfter(after, source), most, length }, foreign),
  );
  return mergeInOrder(letters, (a, b) => compareEntryIds(a.id, b.id) || byName(a, b));
}

/** Reads all entries of one dead-letter stream, as {@link readDeadLetters} does. */
export function readAllOf(
  source: DeadLetterSource,
  foreign: ForeignEntries,
): AsyncGenerator<readonly DeadLetter[], void, void> {
  return readSource(source, { start: '-', most: PAGE, length: LENGTH_AT_HAND }, foreign);
}

async function* readSource(
  { store, ref }: DeadLetterSource,
  { start, most, length }: { start: string; most: number; length: number },
  foreign: ForeignEntries,
): AsyncGenerator<readonly DeadLetter[], void, void> {
  const read = (range: RangeOptions) => readLetters({ store, ref }, range);
  const options = { start, end: '+', first: 1, most, length };
  for await (const page of readPages(read, options, measureLetter)) {
    for (const entry of page) {
      const letter = toDeadLetter(entry, ref.stream);
      if (letter.reason === FOREIGN) foreign.add(letter.id, ref);
      // One at a time: only what is given is told as foreign.
      yield [letter];
    }
  }
}

/** One read of a dead-letter stream. @throws TransportError */
export function readLetters(
  { store, ref }: DeadLetterSource,
  range: RangeOptions,
): Promise<StoredDeadLetter[]> {
  return inContext(
    `Reading the dead letters of group '${ref.group}' on '${ref.stream}'`,
    store.description,
    store.deadLetters(ref, range),
  );
}

interface After {
  readonly id: string;
  /** `undefined`: the letters of this id on all streams. */
  readonly stream: string | undefined;
}

function checkAfter(after: DeadLettersOptions['after']): After | undefined {
  if (after === undefined) return undefined;
  const { id, stream } = typeof after === 'string' ? { id: after, stream: undefined } : after;
  return { id: checkLetterId(id), stream };
}

/** Letters of the same id are in the order of their streams' names. */
function startAfter(after: After | undefined, { ref }: DeadLetterSource): string {
  if (!after) return '-';
  const { id, stream } = after;
  return stream !== undefined && ref.stream > stream ? id : `(${id}`;
}

function byName(a: DeadLetter, b: DeadLetter): number {
  return a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0;
}

function measureLetter({ id, report, fields }: StoredDeadLetter): { id: string; length: number } {
  const texts = [report?.message ?? '', report?.stack ?? '', ...(fields ?? [])];
  return { id, length: lengthOf(texts) };
}
