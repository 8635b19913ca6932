import { DisconnectedError, TransportError } from '../errors.js';
import { compareEntryIds } from '../wire/entry-id.js';
import type { Redrive } from '../store/event-store.js';
import { checkLetterId, FOREIGN, toDeadLetter, type DeadLetter } from './dead-letter.js';
import { ForeignEntries, type Warn } from './foreign-entries.js';
import { readAllOf, readLetters, type DeadLetterSource } from './read-dead-letters.js';

/** How many letters one step drives again: Redis does nothing else meanwhile. */
const STEP = 200;

/** How many letters are looked up side by side. */
const LOOKUPS = 20;

/** How many ids one command discards. */
const DISCARDS = 1_000;

/** Whether a letter is meant, as `letterTest` says. */
type LetterTest = (letter: DeadLetter) => boolean;

/** Which dead letters: those of these ids, or those that this is true of. */
export type LetterSelection = readonly string[] | LetterTest;

/**
 * Makes the originals of dead letters pending again, oldest first, so that no older one comes after a
 * newer one. Holds pairs of ids, and the letters themselves no longer than a page.
 *
 * @param selection all if undefined.
 * @param warn is told what was left alone, because somebody else has put it there, and where no ids were given also of
 *   those that could not be driven again.
 * @returns how many were driven again. One whose original has been deleted stays.
 * @throws InvalidOptionsError, before anything is done; `TransportError`: what was not driven again is
 *   still there.
 */
export async function redriveDeadLetters(
  sources: readonly DeadLetterSource[],
  selection: LetterSelection | undefined,
  warn: Warn,
): Promise<number> {
  const isMeant = selection === undefined || isTest(selection) ? selection : undefined;
  const wanted = selection === undefined || isTest(selection) ? undefined : distinct(selection);
  const foreign = new ForeignEntries();
  let [redriven, found] = [0, 0];
  for (const source of sources) {
    const letters = await (wanted
      ? findLetters(source, wanted, foreign)
      : findAll(source, isMeant, foreign));
    letters.sort((a, b) => compareEntryIds(a.nativeId, b.nativeId));
    found += letters.length;
    for (const step of chunks(letters, STEP)) {
      redriven += await unlessFailed(source.store.redrive(source.ref, step), source, {
        what: 'driven again',
        done: redriven,
      });
    }
  }
  foreign.report(warn);
  if (!wanted && redriven < found) {
    warn(
      `${found - redriven} of ${found} dead letters were not driven again. Where the original entry has been ` +
        'deleted from its stream the letter stays; others somebody else has dealt with meanwhile.',
    );
  }
  return redriven;
}

/**
 * Removes entries of dead-letter streams for good, letters or not.
 *
 * @returns how many there were.
 * @throws InvalidOptionsError, before anything is done; TransportError
 */
export async function discardDeadLetters(
  sources: readonly DeadLetterSource[],
  selection: LetterSelection,
): Promise<number> {
  const wanted = isTest(selection) ? [] : distinct(selection);
  let discarded = 0;
  for (const source of sources) {
    const ids = isTest(selection) ? await findIds(source, selection) : wanted;
    for (const some of chunks(ids, DISCARDS)) {
      discarded += await unlessFailed(source.store.discard(source.ref, some), source, {
        what: 'discarded',
        done: discarded,
      });
    }
  }
  return discarded;
}

/** Says how far it has come, and what to do. @throws TransportError of the same kind. */
async function unlessFailed(
  step: Promise<number>,
  { store, ref }: DeadLetterSource,
  { what, done }: { readonly what: string; readonly done: number },
): Promise<number> {
  try {
    return await step;
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    const isUnknown = error instanceof DisconnectedError && error.wasSent;
    const others = isUnknown
      ? 'Whether more of them were is not known; the others are still there. Do it again: that harms nothing.'
      : error.message.startsWith('NOGROUP')
        ? 'The others are still there: do it again once a worker of the listener has made its consumer group.'
        : 'The others are still there: do it again.';
    const message =
      `${done} dead letters were ${what}, then it failed for group '${ref.group}' on '${ref.stream}' on ` +
      `${store.description}: ${error.message.replace(/\.$/, '')}. ${others}`;
    throw error instanceof DisconnectedError
      ? new DisconnectedError(message, { cause: error })
      : new TransportError(message, { cause: error });
  }
}

async function findAll(
  source: DeadLetterSource,
  isMeant: LetterTest | undefined,
  foreign: ForeignEntries,
): Promise<Redrive[]> {
  const letters: Redrive[] = [];
  for await (const page of readAllOf(source, foreign)) {
    for (const letter of page) {
      const { id, nativeId, reason } = letter;
      if (reason !== FOREIGN && (isMeant?.(letter) ?? true)) letters.push({ id, nativeId });
    }
  }
  return letters;
}

async function findIds(source: DeadLetterSource, isMeant: LetterTest): Promise<string[]> {
  const ids: string[] = [];
  // Foreign entries are discarded like any other.
  for await (const page of readAllOf(source, new ForeignEntries())) {
    for (const letter of page) if (isMeant(letter)) ids.push(letter.id);
  }
  return ids;
}

async function findLetters(
  source: DeadLetterSource,
  ids: readonly string[],
  foreign: ForeignEntries,
): Promise<Redrive[]> {
  const { ref } = source;
  const letters: Redrive[] = [];
  for (const some of chunks(ids, LOOKUPS)) {
    const found = await Promise.all(
      some.map((id) => readLetters(source, { start: id, end: id, count: 1 })),
    );
    for (const entry of found.flat()) {
      const { id, nativeId, reason } = toDeadLetter(entry, ref.stream);
      if (reason === FOREIGN) foreign.add(id, ref);
      else letters.push({ id, nativeId });
    }
  }
  return letters;
}

function isTest(selection: LetterSelection): selection is LetterTest {
  return typeof selection === 'function';
}

function distinct(ids: readonly string[]): string[] {
  return [...new Set(ids.map(checkLetterId))];
}

function* chunks<T>(items: readonly T[], size: number): Generator<readonly T[], void, void> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
