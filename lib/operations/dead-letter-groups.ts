import { lengthOf } from '../store/pages.js';
import type { DeadLetter } from './dead-letter.js';
import {
  errorOf,
  eventOf,
  letterTest,
  type DeadLetterFilter,
  type LetterError,
} from './dead-letter-filter.js';

/** How many letters, and how many characters of them, one look goes through. */
const MOST_LETTERS = 10_000;
const MOST_LENGTH = 20_000_000;

/** How many events a group names, and how much of its newest letter's message it quotes. */
const NAMED_EVENTS = 10;
const QUOTED = 2_000;

/** Dead letters of one error. */
export interface DeadLetterGroup extends LetterError {
  readonly count: number;
  /** When the first and the last of them was given up. */
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** The names of their events (`api.event`), 10 at most. */
  readonly events: readonly string[];
  /** The most attempts that one of them has taken. */
  readonly attempts: number;
  /** The newest of them, with the beginning of its message. */
  readonly sample: Pick<DeadLetter, 'id' | 'stream' | 'message'>;
}

/** How far a look at dead letters has come. */
export interface Looked {
  /** How many letters it went through. */
  readonly looked: number;
  /** The id of the last of them, which `upTo` takes; `null` where there was none. */
  readonly last: string | null;
  /**
   * The same, if there are more: the next look goes on `after` it, and counts are 'at least'. `null`: there are
   * none.
   */
  readonly next: string | null;
}

/** Dead letters by their errors. */
export interface DeadLetterGroups extends Looked {
  /** Those with the most letters first. */
  readonly groups: readonly DeadLetterGroup[];
}

/** Some dead letters. */
export interface DeadLetterPage extends Looked {
  readonly letters: readonly DeadLetter[];
}

/** Bounds of a look. */
export interface LookOptions {
  /** How many letters it goes through at most. @default 10000 */
  readonly most?: number;
  /** After how many characters of letters it ends. @default 20000000 */
  readonly length?: number;
}

/**
 * Groups dead letters by what they were given up for.
 *
 * @param letters what `readDeadLetters` or `Listeners.deadLetters` gives; no more of it is read than is looked at.
 * @throws what reading them throws.
 */
export async function groupDeadLetters(
  letters: AsyncIterable<DeadLetter>,
  filter: DeadLetterFilter = {},
  options: LookOptions = {},
): Promise<DeadLetterGroups> {
  const groups = new Map<string, Group>();
  const isMeant = letterTest(filter);
  const looked = await look(letters, options, (letter) => {
    if (isMeant(letter)) add(groups, letter);
    return true;
  });
  const sorted = [...groups.values()].sort((a, b) => b.count - a.count || +b.lastAt - +a.lastAt);
  return {
    ...looked,
    groups: sorted.map(({ events, ...group }) => ({ ...group, events: [...events] })),
  };
}

/**
 * The first dead letters that are meant.
 *
 * @param letters as for {@link groupDeadLetters}.
 * @param limit how many; a few more where the last one has its id in common with letters of other streams.
 * @throws what reading them throws.
 */
export async function pickDeadLetters(
  letters: AsyncIterable<DeadLetter>,
  filter: DeadLetterFilter,
  limit: number,
  options: LookOptions = {},
): Promise<DeadLetterPage> {
  const picked: DeadLetter[] = [];
  const isMeant = letterTest(filter);
  const looked = await look(letters, options, (letter) => {
    if (isMeant(letter)) picked.push(letter);
    return picked.length < limit;
  });
  return { ...looked, letters: picked };
}

/** @param take whether more is wanted than this letter. */
async function look(
  letters: AsyncIterable<DeadLetter>,
  { most = MOST_LETTERS, length = MOST_LENGTH }: LookOptions,
  take: (letter: DeadLetter) => boolean,
): Promise<Looked> {
  let [looked, read] = [0, 0];
  let last: string | null = null;
  let wantsMore = true;
  for await (const letter of letters) {
    const isEnough = !wantsMore || looked >= most || read >= length;
    // Letters of several streams may have one id: all of them, so that the id says where to go on.
    if (isEnough && letter.id !== last) return { looked, last, next: last };
    wantsMore = take(letter);
    last = letter.id;
    looked++;
    read += lengthOf([letter.message, letter.stack ?? '', ...(letter.fields ?? [])]);
  }
  return { looked, last, next: null };
}

interface Group extends LetterError {
  count: number;
  firstAt: Date;
  lastAt: Date;
  attempts: number;
  sample: DeadLetterGroup['sample'];
  readonly events: Set<string>;
}

function add(groups: Map<string, Group>, letter: DeadLetter): void {
  const error = errorOf(letter);
  const { id, stream, time, attempts } = letter;
  const sample = { id, stream, message: letter.message.slice(0, QUOTED) };
  const group: Group = groups.get(error.id) ?? {
    ...error,
    ...{ count: 0, firstAt: time, lastAt: time, events: new Set<string>(), attempts, sample },
  };
  groups.set(error.id, group);
  group.count++;
  if (time < group.firstAt) group.firstAt = time;
  if (time > group.lastAt) group.lastAt = time;
  group.attempts = Math.max(group.attempts, attempts);
  group.sample = sample;
  const event = group.events.size < NAMED_EVENTS ? eventOf(letter) : undefined;
  if (event !== undefined) group.events.add(event);
}
