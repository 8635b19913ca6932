import { deadLettersPage } from '../../../lib/dashboard/views/dead-letters.js';
import { entityPage } from '../../../lib/dashboard/views/entity.js';
import { entryPage } from '../../../lib/dashboard/views/entry.js';
import { errorPage } from '../../../lib/dashboard/views/error.js';
import { historyPage } from '../../../lib/dashboard/views/history.js';
import { letterPage } from '../../../lib/dashboard/views/letter.js';
import { lettersPage } from '../../../lib/dashboard/views/letters.js';
import { listenerPage } from '../../../lib/dashboard/views/listener.js';
import { listenersPage } from '../../../lib/dashboard/views/listeners.js';
import type { Frame } from '../../../lib/dashboard/views/models.js';
import { overviewPage } from '../../../lib/dashboard/views/overview.js';
import { planPage, resultPage } from '../../../lib/dashboard/views/plan.js';
import { streamPage } from '../../../lib/dashboard/views/stream.js';
import { streamsPage } from '../../../lib/dashboard/views/streams.js';
import { hostilePayload, hostilePreview, HOSTILE, Turn } from './hostile.js';
import * as good from './models.js';

/** A page by its route, made anew at each request. */
export type Pages = Readonly<Record<string, () => string>>;

/** A model's page, as it is; and with hostile texts in the place of its own. */
interface Shown {
  readonly good: () => string;
  readonly hostile: (start: number) => string;
}

function show<T extends object>(render: (frame: Frame, model: T) => string, model: T): Shown {
  return {
    good: () => render(good.frame, model),
    hostile: (start) => {
      const turn = new Turn(start);
      const payload =
        'payload' in model ? { payload: hostilePayload, headers: hostilePayload } : {};
      const rows = 'entries' in model ? { entries: hostileEntries() } : {};
      return render(turn.fill(good.frame), { ...turn.fill(model), ...payload, ...rows });
    },
  };
}

const { letterErrors: errors, letterRows: letters, listeners, streams } = good;

const MODELS = {
  overview: show(overviewPage, { listeners, streams, problems: [] }),
  listeners: show(listenersPage, { listeners, search: '', problems: [] }),
  listener: show(listenerPage, {
    listener: good.failing,
    otherStreams: [],
    own: {
      place: 'ReserveStock.handle (StockModule)',
      status: 'failing',
      handling: { nativeId: '1-1', eventName: 'OrderPlaced', since: good.before(2) },
    },
    errors: [],
  }),
  streams: show(streamsPage, { streams, problems: [] }),
  stream: show(streamPage, {
    stream: streams[0]!,
    listeners: listeners.filter(({ stream }) => stream === streams[0]!.stream),
  }),
  history: show(historyPage, good.history),
  entry: show(entryPage, good.entry),
  entity: show(entityPage, good.entity),
  'dead-letters': show(deadLettersPage, {
    listeners: [
      {
        name: 'store-charge',
        count: { count: 14, isAtLeast: false },
        oldest: good.before(11_520),
        errors,
      },
    ],
    problems: [],
  }),
  letters: show(lettersPage, {
    filters: { group: 'store-charge', error: '', event: '' },
    errors,
    letters,
    matching: { count: 14, isAtLeast: false },
    next: '1-1',
  }),
  letter: show(letterPage, good.letter),
  plan: show(planPage, good.plan),
  result: show(resultPage, good.result),
  error: show(errorPage, {
    status: 503,
    title: 'Redis can’t be read',
    message:
      'Looking at the streams on redis://redis.internal:6379/0 failed: the connection was refused. Start it, or look at its address.',
  }),
};

/** The names of all pages. */
export const PAGE_NAMES = Object.keys(MODELS) as (keyof typeof MODELS)[];

/** What an operator sees in a bad night. */
export const goodPages: Pages = Object.fromEntries(
  PAGE_NAMES.map((name) => [name, MODELS[name].good]),
);

const readOnly: Frame = { ...good.frame, actions: false };

/** The same where nothing is there yet, and nothing may be done. */
export const emptyPages: Pages = {
  overview: () => overviewPage(readOnly, { listeners: [], streams: [], problems: [] }),
  listeners: () =>
    listenersPage(readOnly, {
      listeners: [],
      search: 'x',
      problems: ['A stream could not be read.'],
    }),
  streams: () => streamsPage(readOnly, { streams: [], problems: [] }),
  history: () =>
    historyPage(readOnly, {
      ...good.history,
      problem: {
        filter: 'path',
        message: 'Expected a path into the payload and a value, such as address.city=London.',
      },
    }),
  'dead-letters': () => deadLettersPage(readOnly, { listeners: [], problems: [] }),
  letter: () => letterPage(readOnly, { ...good.letter, payload: null }),
  entry: () =>
    entryPage(readOnly, {
      ...good.entry,
      payload: { kind: 'hidden', reason: 'The payload is not shown: mask failed.' },
      notes: ['a field was there twice'],
    }),
};

/** Pages of which every text is hostile. @param start with which text they begin. */
export function hostilePages(start: number): Pages {
  return Object.fromEntries(PAGE_NAMES.map((name) => [name, () => MODELS[name].hostile(start)]));
}

/** A list in which each hostile text is stream, key, name and id. */
export function hostileEntries() {
  return HOSTILE.map((text) => ({
    ...good.entries[0]!,
    ...{ stream: text, key: text, name: text, nativeId: text, apiName: text },
    preview: hostilePreview,
  }));
}
