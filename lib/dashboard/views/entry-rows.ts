import { html, type Html } from '../html.js';
import { nameLink, nameText, NONE, table, tableRow, type Row } from './components.js';
import { cutEnd, formatTime, shorten } from './format.js';
import { Links } from './links.js';
import type { EntryRow, Frame } from './models.js';

/** How much of a preview is shown, whoever made it, characters. */
export const LONGEST_PREVIEW = 250;

const COLUMNS = [{ head: 'Time' }, { head: 'Event' }, { head: 'Key' }, { head: 'Payload' }];

/** Entries as a table, in the order in which they are given. */
export function entryTable(links: Links, entries: readonly EntryRow[], empty: string): Html {
  const rows = entries.map((entry) => rowOf(links, entry));
  return table({ caption: 'Events', columns: COLUMNS, rows, empty });
}

/** One row of {@link entryTable}, as server-sent events carry it: on one line. */
export function tailRow(frame: Frame, entry: EntryRow): string {
  const row = tableRow(COLUMNS, rowOf(new Links(frame.base), entry)).toString();
  return row.replace(/\s*\n\s*/g, ' ');
}

function rowOf(links: Links, entry: EntryRow): Row {
  const { stream, apiName, key, name, timestamp, nativeId, preview } = entry;
  return {
    cells: [
      html`<a href="${links.entry(entry)}"
          ><time datetime="${isoOf(timestamp)}">${formatTime(timestamp)}</time></a
        >
        <span class="under">${shorten(nativeId)}</span>`,
      name === null ? html`<i>no event</i>` : nameText(name),
      key === null ? NONE : nameLink(links.entity({ api: apiName, stream, key }), key, 60),
      html`<code class="cut">${cutEnd(preview, LONGEST_PREVIEW)}</code>`,
    ],
  };
}

function isoOf(time: Date): string {
  return Number.isNaN(time.getTime()) ? '' : time.toISOString();
}
