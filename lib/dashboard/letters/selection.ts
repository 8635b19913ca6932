import { canonicalEntryId, compareEntryIds } from '../../wire/entry-id.js';
import { letterTest, type DeadLetterFilter } from '../../operations/dead-letter-filter.js';
import type { DeadLetter } from '../../operations/dead-letter.js';
import { PageError } from '../page-error.js';
import type { LetterAction, LetterFilters } from '../views/models.js';

/** How many letters may be chosen one by one: those of a page, and more. */
const MOST_CHOSEN = 500;

/** Which letter: streams of one listener may have letters of the same id. */
export interface LetterRef {
  readonly id: string;
  readonly stream: string;
}

/** Which dead letters of a listener an action is about. */
export interface Selection {
  readonly filters: LetterFilters;
  /** One by one; `null`: all that the filters match. */
  readonly chosen: readonly LetterRef[] | null;
  /** Of all that match: none that came after this one, so that nothing is touched that nobody has seen. */
  readonly upTo?: string;
}

/** A field by its name; what is not there is empty. */
type Fields = Pick<ReadonlyMap<string, string>, 'get'>;

/** The filters of a query or a form. @throws PageError 400 without a listener. */
export function filtersOf(fields: { get(name: string): string | null | undefined }): LetterFilters {
  const [group = '', error = '', event = ''] = ['group', 'error', 'event'].map(
    (name) => fields.get(name)?.trim() ?? '',
  );
  if (group !== '') return { group, error, event };
  throw new PageError(400, 'Which listener?', "The address names none: '?group=' is missing.");
}

/** What of it `operations/` understands. */
export function filterOf({ filters, upTo }: Omit<Selection, 'chosen'>): DeadLetterFilter {
  const { error, event } = filters;
  return { error: error || undefined, event: event || undefined, upTo };
}

/** Whether a letter is meant. */
export function selects(selection: Selection): (letter: DeadLetter) => boolean {
  const { chosen } = selection;
  if (chosen === null) return letterTest(filterOf(selection));
  const keys = new Set(chosen.map(keyOf));
  return (letter) => keys.has(keyOf(letter));
}

/** @throws PageError 400 for what is no action. */
export function actionOf(text: string | null | undefined): LetterAction {
  if (text === 'redrive' || text === 'discard') return text;
  throw new PageError(
    400,
    'Which action?',
    "Dead letters can be redriven ('redrive') or discarded ('discard').",
  );
}

/**
 * What was chosen on a page: `letter=ID STREAM` for each, or `all`.
 *
 * @throws PageError 400
 */
export function selectionOfQuery(query: URLSearchParams): Selection {
  const filters = filtersOf(query);
  if (query.has('all')) return { filters, chosen: null };
  const letters = query.getAll('letter').map((text) => {
    const [id = '', ...stream] = text.split(' ');
    return { id, stream: stream.join(' ') };
  });
  return { filters, chosen: checked(letters) };
}

/** A selection as fields of a form. */
export function fieldsOf({ filters, chosen, upTo }: Selection): { name: string; value: string }[] {
  const { group, error, event } = filters;
  const what =
    chosen === null
      ? { name: 'upTo', value: upTo ?? '' }
      : { name: 'letters', value: JSON.stringify(chosen.map(({ id, stream }) => [id, stream])) };
  return [
    { name: 'group', value: group },
    { name: 'error', value: error },
    { name: 'event', value: event },
    what,
  ];
}

/** The selection that {@link fieldsOf} has written. @throws PageError 400 */
export function selectionOfForm(fields: Fields): Selection {
  const filters = filtersOf(fields);
  const letters = fields.get('letters');
  if (letters !== undefined) return { filters, chosen: checked(parse(letters)) };
  const upTo = canonicalEntryId(fields.get('upTo') ?? '');
  if (upTo !== null) return { filters, chosen: null, upTo };
  throw nothingChosen();
}

function parse(text: string): LetterRef[] {
  try {
    const given = JSON.parse(text) as unknown;
    if (!Array.isArray(given)) return [];
    return given.flatMap((one: unknown) => {
      const [id, stream] = Array.isArray(one) ? (one as unknown[]) : [];
      return typeof id === 'string' && typeof stream === 'string' ? [{ id, stream }] : [];
    });
  } catch {
    return [];
  }
}

/** In order, each once. */
function checked(letters: readonly LetterRef[]): LetterRef[] {
  const known = letters.flatMap(({ id, stream }) => {
    const canonical = canonicalEntryId(id);
    return canonical === null ? [] : [{ id: canonical, stream }];
  });
  if (known.length === 0) throw nothingChosen();
  if (known.length > MOST_CHOSEN) {
    throw new PageError(
      400,
      'Too many at once',
      `${MOST_CHOSEN} dead letters can be chosen one by one. To deal with more, take all of an error or an event.`,
    );
  }
  const distinct = new Map(known.map((letter) => [keyOf(letter), letter]));
  return [...distinct.values()].sort((a, b) => compareEntryIds(a.id, b.id));
}

function nothingChosen(): PageError {
  return new PageError(
    400,
    'No dead letter is chosen',
    'Go back, and tick those that are meant, or take all of an error or an event. Nothing was done.',
  );
}

function keyOf({ id, stream }: LetterRef): string {
  return `${id} ${stream}`;
}
