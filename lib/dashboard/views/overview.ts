import { html, type Html } from '../html.js';
import { problems } from './components.js';
import { counted, formatBytes, formatNumber } from './format.js';
import { renderPage } from './layout.js';
import { Links } from './links.js';
import { listenerCard } from './listener-cards.js';
import { worstFirst, type Level } from './listener-state.js';
import type { Frame, ListenerFacts, OverviewModel } from './models.js';
import { streamTable } from './stream-table.js';

/** How many listeners the first page tells of: the list has all. */
const MOST_CARDS = 30;

/** The first page: what is wrong, and then what there is. */
export function overviewPage(
  frame: Frame,
  { listeners, streams, problems: unread }: OverviewModel,
): string {
  const links = new Links(frame.base);
  const ranked = worstFirst(listeners, frame.now);
  const toSee = ranked.filter(
    ({ verdicts: [{ level }] }) => level === 'broken' || level === 'warning',
  );
  const shown = toSee.slice(0, MOST_CARDS);
  const broken = toSee.filter(({ verdicts: [{ level }] }) => level === 'broken').length;
  const content = html`<h1>Overview</h1>
    ${problems(unread)}
    <div id="sum" role="status" data-live>
      ${unread.length > 0 && partly()}${
        (unread.length === 0 || toSee.length > 0) &&
        summary(listeners.length, broken, toSee.length - broken)
      }
    </div>
    <div id="figures" data-live>
      ${(unread.length === 0 || streams.length > 0) && figures(listeners, streams)}
    </div>
    <div id="to-see" data-live>
      ${
        shown.length > 0 &&
        html`<h2>Needs attention</h2>
          <div class="cards">
            ${shown.map(({ facts, verdicts }) => listenerCard(links, facts, verdicts))}
          </div>`
      }
      ${
        toSee.length > shown.length &&
        html`<p>
          <a href="${links.listeners()}"
            >See ${counted(toSee.length - shown.length, 'more listener')} that need attention</a
          >
        </p>`
      }
    </div>
    <p><a href="${links.listeners()}">See all ${counted(listeners.length, 'listener')}</a></p>
    <h2>Streams</h2>
    ${streamTable(links, streams, { now: frame.now, liveId: 'streams' })}`;
  return renderPage(frame, { title: 'Overview', part: 'overview', content });
}

/** Where not all was read, nothing is said of all. */
function partly(): Html {
  return html`<p class="sum broken"><strong>Not everything could be read.</strong></p>`;
}

function summary(all: number, broken: number, toSee: number): Html {
  const verdict = (level: Level, text: string) =>
    html`<p class="sum ${level}"><strong>${text}</strong></p>`;
  const also =
    toSee > 0 ? `, ${formatNumber(toSee)} more ${toSee === 1 ? 'needs' : 'need'} a look` : '';
  const of = `of ${counted(all, 'listener')}`;
  if (broken > 0) {
    return verdict(
      'broken',
      `${formatNumber(broken)} ${of} ${broken === 1 ? 'is' : 'are'} stuck${also}.`,
    );
  }
  if (toSee > 0) {
    return verdict(
      'warning',
      `${formatNumber(toSee)} ${of} ${toSee === 1 ? 'needs' : 'need'} a look. None is stuck.`,
    );
  }
  if (all === 0) return verdict('idle', 'No listener has started yet.');
  return verdict(
    'well',
    all === 1 ? 'The only listener is well.' : `All ${formatNumber(all)} listeners are well.`,
  );
}

function figures(listeners: readonly ListenerFacts[], streams: OverviewModel['streams']): Html {
  const undelivered = listeners.map(({ undelivered: count }) => count);
  const isAtLeast = undelivered.some((count) => count === null || count.isAtLeast);
  const sum = (values: readonly (number | null | undefined)[]) =>
    values.reduce<number>((total, value) => total + (value ?? 0), 0);
  const pairs: readonly (readonly [string, string])[] = [
    [
      'To come',
      `${isAtLeast ? '≥ ' : ''}${formatNumber(sum(undelivered.map((count) => count?.count)))}`,
    ],
    ['Pending', formatNumber(sum(listeners.map(({ pending }) => pending)))],
    ['Dead letters', formatNumber(sum(listeners.map(({ deadLetters }) => deadLetters)))],
    ['Events stored', formatNumber(sum(streams.map(({ length }) => length)))],
    ['Memory', formatBytes(sum(streams.map(({ memoryBytes }) => memoryBytes)))],
  ];
  return html`<dl class="tiles">
    ${pairs.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}
