import { Injectable } from '@nestjs/common';
import { pickDeadLetters } from '../../operations/dead-letter-groups.js';
import type { DeadLetterSource } from '../../operations/read-dead-letters.js';
import { canonicalEntryId, compareEntryIds } from '../../wire/entry-id.js';
import { Inspections, type InspectedGroup } from '../inspections.js';
import type { LetterAction, ResultModel } from '../views/models.js';
import type { Done, Followed } from './letter-actions.js';
import { lettersOf } from './letter-reader.js';
import { outlookOf } from './outlook.js';
import { actionOf, filtersOf, type Selection } from './selection.js';

/** How many letters that were given up since are looked at. */
const LOOKED_AT = 5_000;

/** How many entries an address may name. */
const MOST_FOLLOWED = 100;

type Outcome = NonNullable<ResultModel['outcome']>;

/** The query of the page that reads back what has become of it. @param counted how many the form has announced. */
export function resultQuery(
  action: LetterAction,
  { filters, chosen, upTo }: Selection,
  { done, followed }: Done,
  counted: string | undefined,
): string {
  const asked = chosen ? String(chosen.length) : (counted ?? '');
  const after =
    chosen
      ?.map(({ id }) => id)
      .sort(compareEntryIds)
      .at(-1) ??
    upTo ??
    '';
  const entries = followed.map(({ stream, nativeIds }) => [stream, ...nativeIds]);
  return new URLSearchParams({
    ...{ action, ...filters, asked, done: String(done), after },
    entries: action === 'redrive' ? JSON.stringify(entries) : '[]',
  }).toString();
}

/** Reads back what has become of dead letters. Its address says all that it needs: any process can answer. */
@Injectable()
export class LetterResults {
  constructor(private readonly inspections: Inspections) {}

  /** @throws PageError 400; TransportError */
  async of(query: URLSearchParams): Promise<ResultModel> {
    const action = actionOf(query.get('action'));
    const filters = filtersOf(query);
    const [asked, done] = [numberOf(query.get('asked')), numberOf(query.get('done'))];
    const groups = await this.inspections.group(filters.group);
    const followed = parseFollowed(query.get('entries'));
    const after = canonicalEntryId(query.get('after') ?? '');
    const outcome =
      followed.length > 0 && after !== null ? await outcomeOf(groups, followed, after) : null;
    const isUnderWay = outcome !== null && outcome.waiting + outcome.failing > 0;
    const count = groups.reduce((sum, { details }) => sum + details.deadLetters, 0);
    const isFirst = outcome !== null && sizeOf(followed) < done;
    return {
      ...{ action, filters, done, outcome },
      asked: Math.max(asked, done),
      left: { count, isAtLeast: false },
      when: isUnderWay ? outlookOf(groups.map(({ details }) => details)) : null,
      notes: isFirst
        ? [`What has become of them is counted for the first ${sizeOf(followed)}.`]
        : [],
    };
  }
}

async function outcomeOf(
  groups: readonly InspectedGroup[],
  followed: readonly Followed[],
  after: string,
): Promise<Outcome> {
  const outcome = { handled: 0, waiting: 0, failing: 0, deadAgain: 0 };
  for (const { stream, nativeIds } of followed) {
    const group = groups.find((one) => one.stream.name === stream);
    if (!group) continue;
    const { store } = group.stream;
    const ref = { stream, group: group.details.name };
    const [pending, dead] = await Promise.all([
      store.stillPending(ref, nativeIds),
      givenUpAgain({ store, ref }, new Set(nativeIds), after),
    ]);
    const [isPending, failing] = [
      new Set(pending),
      new Set(group.details.failures.map((one) => one.nativeId)),
    ];
    for (const id of nativeIds) {
      if (dead.has(id)) outcome.deadAgain++;
      else if (!isPending.has(id)) outcome.handled++;
      else if (failing.has(id)) outcome.failing++;
      else outcome.waiting++;
    }
  }
  return outcome;
}

async function givenUpAgain(
  source: DeadLetterSource,
  nativeIds: ReadonlySet<string>,
  after: string,
): Promise<ReadonlySet<string>> {
  const letters = lettersOf([source], after);
  const page = await pickDeadLetters(letters, {}, LOOKED_AT, { most: LOOKED_AT });
  return new Set(page.letters.map(({ nativeId }) => nativeId).filter((id) => nativeIds.has(id)));
}

function parseFollowed(text: string | null): Followed[] {
  let given: unknown;
  try {
    given = JSON.parse(text ?? '');
  } catch {
    return [];
  }
  const followed = (Array.isArray(given) ? (given as unknown[]) : []).flatMap((one) => {
    const texts = Array.isArray(one) ? one.filter((part) => typeof part === 'string') : [];
    const [stream, ...ids] = texts;
    const nativeIds = ids.flatMap((id) => canonicalEntryId(id) ?? []);
    return stream === undefined || nativeIds.length === 0 ? [] : [{ stream, nativeIds }];
  });
  return sizeOf(followed) > MOST_FOLLOWED ? [] : followed;
}

function sizeOf(followed: readonly Followed[]): number {
  return followed.reduce((sum, { nativeIds }) => sum + nativeIds.length, 0);
}

function numberOf(text: string | null): number {
  return /^\d{1,9}$/.test(text ?? '') ? Number(text) : 0;
}
