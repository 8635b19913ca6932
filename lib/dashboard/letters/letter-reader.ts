import { Injectable } from '@nestjs/common';
import type { DeadLetter } from '../../operations/dead-letter.js';
import {
  groupDeadLetters,
  pickDeadLetters,
  type DeadLetterGroups,
  type LookOptions,
} from '../../operations/dead-letter-groups.js';
import {
  readDeadLetters,
  readLetters,
  type DeadLetterSource,
} from '../../operations/read-dead-letters.js';
import { canonicalEntryId } from '../../wire/entry-id.js';
import { toDeadLetter } from '../../operations/dead-letter.js';
import { DashboardBus } from '../dashboard-bus.js';
import { PageError } from '../page-error.js';
import { Payloads } from '../payloads.js';
import type { LetterModel, LettersModel } from '../views/models.js';
import { toGroup, toModel, toRow } from './letter-facts.js';
import { filterOf, type LetterRef, type Selection } from './selection.js';
import { sourcesOf } from './letter-sources.js';

/** How many letters a page lists. */
const LISTED = 50;

/** How many letters, and characters of them, one page goes through. */
const BOUNDS: LookOptions = { most: 5_000, length: 5_000_000 };

/** What others have put there, the pages show as such. */
const quiet = () => undefined;

/** Reads dead letters for pages: no page goes through more than is said here. */
@Injectable()
export class LetterReader {
  constructor(
    private readonly bus: DashboardBus,
    private readonly payloads: Payloads,
  ) {}

  /** @throws PageError 404 where there is no such consumer group; TransportError */
  sources(group: string): Promise<DeadLetterSource[]> {
    return sourcesOf(this.bus, group);
  }

  /** By their errors. @param bounds @default those of a page */
  groups(
    sources: readonly DeadLetterSource[],
    selection: Selection,
    bounds = BOUNDS,
  ): Promise<DeadLetterGroups> {
    return groupDeadLetters(lettersOf(sources), filterOf(selection), bounds);
  }

  /** A page of a list. @param after a letter's id; `''` begins at the oldest. */
  async list(selection: Selection, after: string): Promise<LettersModel> {
    const { filters } = selection;
    const sources = await this.sources(filters.group);
    const ofEvent = { ...selection, filters: { ...filters, error: '' } };
    const [all, page] = await Promise.all([
      this.groups(sources, ofEvent),
      pickDeadLetters(lettersOf(sources, after), filterOf(selection), LISTED, BOUNDS),
    ]);
    const isWhole = all.next === null;
    const errors = all.groups.map((group) => toGroup(group, isWhole));
    const matching = errors.filter(
      ({ fingerprint }) => filters.error === '' || fingerprint === filters.error,
    );
    const count = matching.reduce((sum, group) => sum + group.count.count, 0);
    return {
      filters,
      errors,
      letters: page.letters.map((letter) => toRow(letter, this.payloads)),
      matching: { count, isAtLeast: !isWhole },
      next: page.next,
    };
  }

  /** @throws PageError 404 */
  async letter(group: string, ref: LetterRef): Promise<DeadLetter> {
    const sources = await this.sources(group);
    const [letter] = await this.chosen(sources, [ref]);
    if (letter) return letter;
    throw new PageError(
      404,
      'No such dead letter',
      'It is not there (any more): somebody may have driven it again, or discarded it.',
    );
  }

  /** Those of them that are there. */
  async chosen(
    sources: readonly DeadLetterSource[],
    refs: readonly LetterRef[],
  ): Promise<DeadLetter[]> {
    const found = await Promise.all(
      refs.flatMap(({ id, stream }) => {
        const source = sources.find(({ ref }) => ref.stream === stream);
        const start = canonicalEntryId(id);
        if (!source || start === null) return [];
        return [
          readLetters(source, { start, end: start, count: 1 }).then((entries) =>
            entries.map((entry) => toDeadLetter(entry, stream)),
          ),
        ];
      }),
    );
    return found.flat();
  }

  model(letter: DeadLetter, group: string): LetterModel {
    return toModel(letter, group, this.payloads);
  }
}

/** @param after see {@link LetterReader.list}. */
export function lettersOf(
  sources: readonly DeadLetterSource[],
  after = '',
): AsyncIterable<DeadLetter> {
  return readDeadLetters(async () => sources, { after: after || undefined }, quiet);
}
