import { Injectable } from '@nestjs/common';
import { groupDeadLetters, type DeadLetterGroups } from '../../operations/dead-letter-groups.js';
import { FOREIGN } from '../../operations/dead-letter.js';
import type { DeadLetterSource } from '../../operations/read-dead-letters.js';
import { Inspections } from '../inspections.js';
import type { LetterAction, PlanModel, WhenHandled } from '../views/models.js';
import { toGroup } from './letter-facts.js';
import { LetterReader } from './letter-reader.js';
import { outlookOf } from './outlook.js';
import { fieldsOf, type Selection } from './selection.js';

/** How many letters one action deals with at most, of how many characters: they are counted before, exactly. */
const MOST = 10_000;
const LENGTH = 20_000_000;

/** Finds out what an action will do. Changes nothing. */
@Injectable()
export class LetterPlans {
  constructor(
    private readonly reader: LetterReader,
    private readonly inspections: Inspections,
  ) {}

  /**
   * What will happen, and the fields of the form that has it happen, without the token.
   *
   * @throws PageError 404; TransportError
   */
  async of(action: LetterAction, selection: Selection): Promise<PlanModel> {
    const { filters, chosen } = selection;
    const sources = await this.reader.sources(filters.group);
    const found = await this.find(sources, selection);
    const errors = found.groups.map((group) => toGroup(group, true));
    const count = errors.reduce((sum, error) => sum + error.count.count, 0);
    const fields = fieldsOf({ ...selection, upTo: found.last ?? '0-0' });
    return {
      action,
      filters,
      chosen: chosen?.length ?? null,
      count: { count, isAtLeast: false },
      errors,
      when: action === 'redrive' && count > 0 ? await this.outlook(filters.group) : null,
      notes: notesOf(action, selection, found, count),
      fields: [...fields, { name: 'count', value: String(count) }],
    };
  }

  private async outlook(group: string): Promise<WhenHandled> {
    const groups = await this.inspections.group(group);
    return outlookOf(groups.map(({ details }) => details));
  }

  private async find(
    sources: readonly DeadLetterSource[],
    selection: Selection,
  ): Promise<DeadLetterGroups> {
    const { chosen } = selection;
    if (!chosen) return this.reader.groups(sources, selection, { most: MOST, length: LENGTH });
    const letters = await this.reader.chosen(sources, chosen);
    return groupDeadLetters(each(letters));
  }
}

function notesOf(
  action: LetterAction,
  { chosen }: Selection,
  { groups, next }: DeadLetterGroups,
  count: number,
): string[] {
  const foreign = groups.find(({ reason }) => reason === FOREIGN)?.count ?? 0;
  const missing = (chosen?.length ?? count) - count;
  return [
    missing > 0 &&
      `${missing} of the chosen ones ${missing === 1 ? 'is' : 'are'} not there any more: somebody else has dealt with them.`,
    next !== null &&
      `The listener has more dead letters than can be dealt with at once: these are of its oldest ${MOST}, or fewer where they are large. Do it again for the others.`,
    action === 'redrive' &&
      foreign > 0 &&
      `${foreign} of them this listener has not put there: they can’t be redriven, and stay.`,
  ].filter((note) => note !== false);
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T, void, void> {
  yield* items;
}
