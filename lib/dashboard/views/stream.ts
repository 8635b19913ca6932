import { html, type Html } from '../html.js';
import { facts as factList, nameLink, nameText, table } from './components.js';
import { ago, exactTime, formatBytes, formatDuration, formatNumber, shorten } from './format.js';
import { renderPage } from './layout.js';
import { Links } from './links.js';
import { listenerTable } from './listener-table.js';
import type { Activity, Frame, StreamFacts, StreamModel } from './models.js';
import { activityTable, sparkline } from './sparkline.js';
import { rateOf } from './stream-table.js';

/** One stream, its traffic and who reads it. */
export function streamPage(frame: Frame, { stream, listeners }: StreamModel): string {
  const links = new Links(frame.base);
  const { activity } = stream;
  const content = html`<h1>${nameText(stream.stream)}</h1>
    <p class="lead">
      ${stream.eventName === '*' ? 'All events of' : 'Events of'} ${nameText(stream.apiName)} on
      ${nameText(stream.place)}
    </p>
    <p><a class="button" href="${links.history({ stream: stream.stream })}">See its events</a></p>
    <div id="facts" data-live>${streamFacts(links, frame.now, stream)}</div>
    <h2>Traffic</h2>
    ${activity ? traffic(links, frame.now, stream, activity) : html`<p class="empty">It was not looked at.</p>`}
    <h2>Listeners</h2>
    ${listenerTable(links, listeners, {
      now: frame.now,
      liveId: 'listeners',
      empty: 'No listener reads it.',
    })}`;
  return renderPage(frame, { title: stream.stream, part: 'streams', content });
}

function streamFacts(links: Links, now: Date, facts: StreamFacts): Html {
  const { stream, length, first, last, memoryBytes } = facts;
  const entry = (found: StreamFacts['first']) =>
    found &&
    html`<a href="${links.entry({ stream, nativeId: found.nativeId })}"
        >${shorten(found.nativeId)}</a
      >, ${exactTime(found.timestamp, now)}`;
  return factList([
    ['Events', formatNumber(length)],
    ['First', entry(first)],
    ['Last', entry(last)],
    [
      'Memory',
      memoryBytes === null ? 'unknown: this Redis does not tell' : formatBytes(memoryBytes),
    ],
    ['Rate', facts.activity && rateOf(facts.activity)],
  ]);
}

function traffic(links: Links, now: Date, { stream }: StreamFacts, activity: Activity): Html {
  const { names, basis, from, until } = activity;
  const rows = names.map(({ name, count, last }) => ({
    cells: [
      nameLink(links.history({ stream, event: eventOf(name) }), name),
      html`${formatNumber(count)}`,
      ago(last, now),
    ],
  }));
  const columns = [
    { head: 'Event' },
    { head: 'Count', isNumber: true },
    { head: 'Last', isNumber: true },
  ];
  return html`<div id="traffic" class="wide" data-live>${sparkline(activity)}</div>
    <p class="dim">
      By ${shorten(basis)}: ${formatDuration(until.getTime() - from.getTime())}, the oldest to the
      left.
    </p>
    ${activityTable(activity)}
    <h3>Events by name</h3>
    ${table({ caption: 'Events by name', columns, rows, empty: 'There are none.', liveId: 'names' })}`;
}

/** The filter takes the event's name; its API is the stream's. */
function eventOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
