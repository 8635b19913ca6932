import { Get, Injectable, Req, Res } from '@nestjs/common';
import { TransportError } from '../../errors.js';
import type { DeadLetterSource } from '../../operations/read-dead-letters.js';
import { Inspections, type InspectedStream } from '../inspections.js';
import { Pages } from '../pages.js';
import type { DashboardRequest } from '../request.js';
import { ROUTES } from '../views/links.js';
import type { DeadLettersModel, LetterGroup } from '../views/models.js';
import { deadLettersPage } from '../views/dead-letters.js';
import { toGroup } from './letter-facts.js';
import { LetterReader } from './letter-reader.js';

/** Of so many listeners, those with the most letters, the page says what they were given up for. */
const GROUPED = 10;

/** How many letters of each of them are looked at, and how many characters of them. */
const BOUNDS = { most: 500, length: 1_000_000 };

interface Holder {
  readonly name: string;
  readonly sources: DeadLetterSource[];
  count: number;
  oldest: Date | null;
}

/** The listeners that have dead letters. */
@Injectable()
export class DeadLettersRoutes {
  constructor(
    private readonly pages: Pages,
    private readonly inspections: Inspections,
    private readonly reader: LetterReader,
  ) {}

  @Get(ROUTES.deadLetters)
  async deadLetters(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
    const model = await this.model();
    this.pages.send(response, deadLettersPage(this.pages.frame(request), model));
  }

  private async model(): Promise<DeadLettersModel> {
    const { streams, problems } = await this.inspections.all();
    const holders = holdersOf(streams);
    const listeners: DeadLettersModel['listeners'][number][] = [];
    const unread: string[] = [];
    for (const [i, { name, sources, count, oldest }] of holders.entries()) {
      const errors = i < GROUPED ? await this.errors(name, sources, unread) : [];
      listeners.push({ name, count: { count, isAtLeast: false }, oldest, errors });
    }
    return { listeners, problems: [...problems, ...unread] };
  }

  private async errors(
    group: string,
    sources: readonly DeadLetterSource[],
    problems: string[],
  ): Promise<LetterGroup[]> {
    const selection = { filters: { group, error: '', event: '' }, chosen: null };
    try {
      const { groups, next } = await this.reader.groups(sources, selection, BOUNDS);
      return groups.map((one) => toGroup(one, next === null));
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      problems.push(error.message);
      return [];
    }
  }
}

/** Those with the most letters first. */
function holdersOf(streams: readonly InspectedStream[]): Holder[] {
  const holders = new Map<string, Holder>();
  for (const { stream, state } of streams) {
    for (const { name, deadLetters, oldestDeadLetterAt } of state.groups) {
      if (deadLetters === 0) continue;
      const holder = holders.get(name) ?? { name, sources: [], count: 0, oldest: null };
      holders.set(name, holder);
      holder.sources.push({ store: stream.store, ref: { stream: stream.name, group: name } });
      holder.count += deadLetters;
      if (oldestDeadLetterAt && (!holder.oldest || oldestDeadLetterAt < holder.oldest)) {
        holder.oldest = oldestDeadLetterAt;
      }
    }
  }
  return [...holders.values()].sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}
