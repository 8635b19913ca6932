import { Injectable } from '@nestjs/common';
import { describeError } from '../../handling/describe-error.js';
import { letterTest } from '../../operations/dead-letter-filter.js';
import { pickDeadLetters } from '../../operations/dead-letter-groups.js';
import { FOREIGN, type DeadLetter } from '../../operations/dead-letter.js';
import type { DeadLetterSource } from '../../operations/read-dead-letters.js';
import { discardDeadLetters, redriveDeadLetters } from '../../operations/redrive-dead-letters.js';
import { DashboardBus } from '../dashboard-bus.js';
import type { DashboardRequest } from '../request.js';
import { describeWho } from '../security/who.js';
import type { LetterAction } from '../views/models.js';
import { LetterReader, lettersOf } from './letter-reader.js';
import { filterOf, type Selection } from './selection.js';

/** Of how many entries the page that follows says what has become of them. */
const FOLLOWED = 100;

/** How many ids a line of the log names. */
const NAMED = 20;

/** An original entry that was redriven. */
export interface Followed {
  readonly stream: string;
  readonly nativeIds: readonly string[];
}

/** What has been done. */
export interface Done {
  /** How many letters of the selection were there; `null` where they were not counted. */
  readonly asked: number | null;
  readonly done: number;
  /** The first of the original entries. */
  readonly followed: readonly Followed[];
}

/** Does what an operator has decided, and says in the log who has. */
@Injectable()
export class LetterActions {
  constructor(
    private readonly bus: DashboardBus,
    private readonly reader: LetterReader,
  ) {}

  /**
   * Drives dead letters again, or removes them. Logged with level `warn`, so that it is there with `bus.log_level:
   * warning`, too.
   *
   * @throws PageError 404; TransportError, which says how far it has come
   */
  async perform(
    action: LetterAction,
    selection: Selection,
    request: DashboardRequest,
  ): Promise<Done> {
    const { filters, chosen } = selection;
    const sources = await this.reader.sources(filters.group);
    const begun = `Dashboard: ${describeWho(request)} ${action === 'redrive' ? 'redrives' : 'discards'} `;
    const what = `${begun}${describe(selection)}`;
    try {
      const followed = chosen
        ? await this.reader.chosen(sources, chosen)
        : await this.first(sources, selection);
      const done = chosen
        ? await this.each(action, sources, followed)
        : await this.all(action, sources, selection);
      this.bus.logger.warn(`${what}: ${done} ${action === 'redrive' ? 'redriven' : 'discarded'}.`);
      return { asked: chosen?.length ?? null, done, followed: byStream(followed) };
    } catch (error) {
      this.bus.logger.error(`${what}: failed. ${describeError(error)}`);
      throw error;
    }
  }

  /** Each of them: letters of several streams may have the same id. */
  private async each(
    action: LetterAction,
    sources: readonly DeadLetterSource[],
    letters: readonly DeadLetter[],
  ): Promise<number> {
    let done = 0;
    for (const source of sources) {
      const own = letters.filter(({ stream }) => stream === source.ref.stream);
      if (own.length === 0) continue;
      const ids = own.map(({ id }) => id);
      done +=
        action === 'redrive'
          ? await redriveDeadLetters([source], ids, this.warn)
          : await discardDeadLetters([source], ids);
    }
    return done;
  }

  private all(
    action: LetterAction,
    sources: readonly DeadLetterSource[],
    selection: Selection,
  ): Promise<number> {
    const isMeant = letterTest(filterOf(selection));
    return action === 'redrive'
      ? redriveDeadLetters(sources, isMeant, this.warn)
      : discardDeadLetters(sources, isMeant);
  }

  private async first(
    sources: readonly DeadLetterSource[],
    selection: Selection,
  ): Promise<readonly DeadLetter[]> {
    const filter = filterOf(selection);
    return (await pickDeadLetters(lettersOf(sources), filter, FOLLOWED)).letters;
  }

  private readonly warn = (message: string) => this.bus.logger.warn(message);
}

function describe({ filters, chosen, upTo }: Selection): string {
  const of = `of '${filters.group}'`;
  if (chosen) {
    const named = chosen.slice(0, NAMED).map(({ id, stream }) => `${id} of '${stream}'`);
    const rest = chosen.length > NAMED ? [`${chosen.length - NAMED} more`] : [];
    return `${chosen.length} dead letters ${of} (${[...named, ...rest].join(', ')})`;
  }
  const { error, event } = filters;
  const conditions = [
    error && `of error ${error}`,
    event && `of event '${event}'`,
    `up to ${upTo}`,
  ];
  return `all dead letters ${of} ${conditions.filter(Boolean).join(', ')}`;
}

function byStream(letters: readonly DeadLetter[]): Followed[] {
  const found = new Map<string, string[]>();
  for (const { stream, nativeId, reason } of letters.slice(0, FOLLOWED)) {
    if (reason === FOREIGN) continue;
    const ids = found.get(stream) ?? [];
    found.set(stream, ids);
    ids.push(nativeId);
  }
  return [...found].map(([stream, nativeIds]) => ({ stream, nativeIds }));
}
