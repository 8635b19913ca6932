import { html, type Html } from '../html.js';
import { nameText, notice } from './components.js';
import { counted, cutEnd, formatDuration, plainTime } from './format.js';
import { LONGEST_PREVIEW } from './entry-rows.js';
import { renderPage } from './layout.js';
import { Links } from './links.js';
import type { EntityModel, EntryRow, Frame } from './models.js';

/** All that has happened to one entity, the oldest first. */
export function entityPage(frame: Frame, model: EntityModel): string {
  const { api, stream, key, problem, entries, lookedAt, next } = model;
  const links = new Links(frame.base);
  const content = html`<h1>${nameText(key)}</h1>
    <p class="lead">Events with this key of ${nameText(api || stream)}, the oldest first</p>
    ${problem !== null && notice('broken', problem)}
    ${
      entries.length > 0
        ? html`<ol class="timeline">
            ${entries.map((entry, i) => step(links, entry, entries[i - 1]))}
          </ol>`
        : problem === null && html`<p class="empty">No event has this key.</p>`
    }
    <p class="pages">
      ${counted(entries.length, 'event')} of ${counted(lookedAt, 'entry', 'entries')} looked at.
      ${next !== null && html`<a class="button" href="${links.entity(model, next)}" rel="next">Go on to newer ones</a>`}
    </p>`;
  return renderPage(frame, { title: key, part: 'history', content });
}

function step(links: Links, entry: EntryRow, before: EntryRow | undefined): Html {
  const ms = before && entry.timestamp.getTime() - before.timestamp.getTime();
  return html`<li>
    <a href="${links.entry(entry)}">${nameText(entry.name ?? 'no event')}</a>
    ${entry.sequence !== undefined && html`<span class="dim">number ${entry.sequence}</span>`}
    <span class="under">
      ${plainTime(entry.timestamp)}${ms !== undefined && `, ${formatDuration(ms)} later`}
    </span>
    <code class="cut">${cutEnd(entry.preview, LONGEST_PREVIEW)}</code>
  </li>`;
}
