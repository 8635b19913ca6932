import { attributes, html, type Html } from '../html.js';
import { notice } from './components.js';
import { entryTable } from './entry-rows.js';
import { counted, shorten } from './format.js';
import { renderPage } from './layout.js';
import { Links } from './links.js';
import type { Frame, HistoryFilters, HistoryModel } from './models.js';

interface Field {
  readonly filter: Exclude<keyof HistoryFilters, 'order' | 'stream'>;
  readonly label: string;
  readonly example: string;
}

const FIELDS: readonly Field[] = [
  { filter: 'api', label: 'Or all streams of an API', example: 'store.orders' },
  { filter: 'event', label: 'Event', example: 'OrderPlaced' },
  { filter: 'key', label: 'Key', example: '42' },
  { filter: 'since', label: 'Since', example: '1h, or 2026-11-28T03:00Z' },
  { filter: 'until', label: 'Until', example: '10m, or 2026-11-28T03:30Z' },
  { filter: 'path', label: 'Payload', example: 'address.city=London' },
];

/** The history of a stream, or of an API: a form that asks, and what it found. */
export function historyPage(frame: Frame, model: HistoryModel): string {
  const { filters, problem } = model;
  const links = new Links(frame.base);
  const isAsked = filters.stream !== '' || filters.api !== '';
  const content = html`<h1>History</h1>
    ${filterForm(links, model)} ${!problem && (isAsked ? found(links, model) : choose())}`;
  return renderPage(frame, { title: 'History', part: 'history', content });
}

function choose(): Html {
  return html`<p class="empty">Choose a stream or an API.</p>`;
}

function found(links: Links, model: HistoryModel): Html {
  const empty = 'None of the events that were looked at is such a one.';
  return html`${tailControls(links, model.filters)}
    <div id="entries">${entryTable(links, model.entries, empty)}</div>
    ${goOn(links, model)}`;
}

function filterForm(links: Links, { filters, problem, streams }: HistoryModel): Html {
  const known = streams.includes(filters.stream) || filters.stream === '';
  const options = known ? streams : [filters.stream, ...streams];
  return html`<form class="filters" action="${links.history()}" role="search">
    <label>
      Stream
      <select name="stream" ${faultOf('stream', problem)}>
        <option value="">–</option>
        ${options.map(
          (stream) =>
            html`<option value="${stream}" ${attributes({ selected: stream === filters.stream })}>
              ${shorten(stream)}
            </option>`,
        )}
      </select>
    </label>
    ${FIELDS.map(
      ({ filter, label, example }) =>
        html`<label>
          ${label}
          <input
            name="${filter}"
            value="${filters[filter]}"
            placeholder="${example}"
            autocomplete="off"
            ${faultOf(filter, problem)}
          />
        </label>`,
    )}
    <label>
      Order
      <select name="order">
        <option value="newest" ${attributes({ selected: filters.order === 'newest' })}>
          newest first
        </option>
        <option value="oldest" ${attributes({ selected: filters.order === 'oldest' })}>
          oldest first
        </option>
      </select>
    </label>
    <button type="submit">Show</button>
    ${problem && html`<div id="problem" class="all">${notice('broken', problem.message)}</div>`}
  </form>`;
}

function faultOf(filter: keyof HistoryFilters, problem: HistoryModel['problem']): Html {
  const isIt = problem?.filter === filter;
  return attributes({ 'aria-invalid': isIt && 'true', 'aria-describedby': isIt && 'problem' });
}

/** For the script: without it there is no tail. */
function tailControls(links: Links, filters: HistoryFilters): Html {
  return html`<p
    id="tail"
    data-address="${links.tail({ ...filters, since: '', until: '' })}"
    hidden
  >
    <button type="button" aria-pressed="false">Follow live</button>
    <span role="status"></span>
  </p>`;
}

function goOn(links: Links, { filters, lookedAt, entries, next }: HistoryModel): Html {
  const order = filters.order === 'oldest' ? 'newer' : 'older';
  return html`<p class="pages">
    ${counted(entries.length, 'event')} of ${counted(lookedAt, 'entry', 'entries')} that
    ${lookedAt === 1 ? 'was' : 'were'} looked at.
    ${
      next === null
        ? 'This is the end.'
        : html`<a class="button" href="${links.history(filters, next)}" rel="next"
            >Go on to ${order} ones</a
          >`
    }
  </p>`;
}
