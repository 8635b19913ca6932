import { attributes, html, type Html } from '../html.js';
import { facts, nameLink, nameText, notice } from './components.js';
import { exactTime, plainTime, shorten } from './format.js';
import { renderPage } from './layout.js';
import { Links } from './links.js';
import type { EntryModel, Frame, TraceRow } from './models.js';
import { payloadView } from './payload.js';

/** How much of a value that the sender gave is shown, characters. */
const LONGEST_VALUE = 1_000;

/** How deep the steps of a trace are moved in. */
const DEEPEST = 8;

/** One entry with all that is in it. */
export function entryPage(frame: Frame, entry: EntryModel): string {
  const links = new Links(frame.base);
  const title = entry.name ?? 'An entry that is no event';
  const content = html`<h1>${nameText(title)}</h1>
    <nav class="pages" aria-label="Neighbours">
      ${neighbour(links, entry, entry.previous, 'Older')}
      ${neighbour(links, entry, entry.next, 'Newer')}
      <a href="${links.history({ stream: entry.stream })}">History of its stream</a>
    </nav>
    ${entry.notes.map((note) => notice('warning', note))} ${metadata(links, frame.now, entry)}
    <h2>Payload</h2>
    ${payloadView('Payload', entry.payload, links.payload(entry))}
    ${
      entry.headers &&
      html`<h2>Headers</h2>
        ${payloadView('Headers', entry.headers, null)}`
    }
    ${
      entry.trace &&
      html`<h2>Trace</h2>
        ${trace(links, entry, entry.trace)}`
    }`;
  return renderPage(frame, { title, part: 'history', content });
}

function neighbour(
  links: Links,
  { stream }: EntryModel,
  nativeId: string | null,
  text: string,
): Html {
  if (nativeId === null) return html``;
  const rel = text === 'Older' ? 'prev' : 'next';
  return html`<a href="${links.entry({ stream, nativeId })}" rel="${rel}">${text}</a>`;
}

function metadata(links: Links, now: Date, entry: EntryModel): Html {
  const { stream, nativeId, id, timestamp, apiName, key, sequence, version, side } = entry;
  return facts([
    ['Stored', exactTime(timestamp, now)],
    ['Stream', nameLink(links.stream(stream), stream)],
    ['Entry id', nameText(nativeId)],
    ['Event id', id === '' ? null : nameText(id)],
    [
      'Key',
      key === null
        ? null
        : html`${nameLink(links.entity({ api: apiName, stream, key }), key)}
          ${sequence !== undefined && `, number ${sequence}`}`,
    ],
    ['Version', version === null ? null : String(version)],
    ...side.map(({ name, value }) => [shorten(name), nameText(value, LONGEST_VALUE)] as const),
  ]);
}

function trace(
  links: Links,
  { stream, nativeId }: EntryModel,
  { events, isWhole }: NonNullable<EntryModel['trace']>,
): Html {
  if (events.length === 0) return html`<p class="empty">Nothing else belongs to it.</p>`;
  const isThis = (row: TraceRow) => row.stream === stream && row.nativeId === nativeId;
  return html`<ol class="trace">
      ${events.map(
        (row) =>
          html`<li
            class="depth-${Math.min(row.depth, DEEPEST)}"
            ${attributes({ 'aria-current': isThis(row) && 'true' })}
          >
            ${isThis(row) ? nameText(row.name) : nameLink(links.entry(row), row.name)}
            <span class="under">${plainTime(row.timestamp)}, ${nameText(row.stream, 80)}</span>
          </li>`,
      )}
    </ol>
    ${!isWhole && html`<p class="dim">There may be more: not everything was looked at.</p>`}`;
}
