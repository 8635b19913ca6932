import { attributes, html, type Html } from '../html.js';
import { nameText, table } from './components.js';
import { ago, counted, cutEnd, formatNumber, shorten } from './format.js';
import { LONGEST_PREVIEW } from './entry-rows.js';
import { renderPage } from './layout.js';
import { letterGroups } from './letter-groups.js';
import { Links } from './links.js';
import type { Frame, LetterFilters, LetterRow, LettersModel } from './models.js';

/** One listener's dead letters, of which some can be chosen. */
export function lettersPage(frame: Frame, model: LettersModel): string {
  const { filters, errors, matching, letters, next } = model;
  const links = new Links(frame.base);
  const isFiltered = filters.error !== '' || filters.event !== '';
  const content = html`<h1>Dead letters of ${nameText(filters.group)}</h1>
    <h2>By error</h2>
    ${letterGroups(links, filters.group, errors, frame.now)}
    <h2>${isFiltered ? 'Those that the filter matches' : 'All'}</h2>
    ${filterForm(links, filters)}
    <form action="${links.plan()}">
      ${hiddenFilters(filters)} ${letterTable(links, frame, model)}
      ${frame.actions && letters.length > 0 && buttons(model, isFiltered)}
    </form>
    ${!frame.actions && readOnly()}
    <p class="pages">
      ${counted(letters.length, 'letter')} of ${counted(matching, 'one', 'in all')}, the oldest
      first.
      ${next !== null && html`<a class="button" href="${links.letters(filters, next)}" rel="next">Go on</a>`}
    </p>`;
  const title = `Dead letters of ${filters.group}`;
  return renderPage(frame, { title, part: 'dead letters', content });
}

/** The filters, as hidden fields of a form. */
export function hiddenFilters(filters: LetterFilters): Html {
  return html`${Object.entries(filters).map(
    ([name, value]) =>
      value !== '' && html`<input type="hidden" name="${name}" value="${String(value)}" />`,
  )}`;
}

/** What is offered where actions are off. */
export function readOnly(): Html {
  return html`<p class="dim">
    This page is read-only. <code>lightbus deadletters</code> redrives and discards on a terminal;
    or the page does, with <code>actions: true</code>.
  </p>`;
}

function filterForm(links: Links, { group, error, event }: LetterFilters): Html {
  return html`<form class="filters" action="${links.letters({})}" role="search">
    <input type="hidden" name="group" value="${group}" />
    ${error !== '' && html`<input type="hidden" name="error" value="${error}" />`}
    <label>Event <input name="event" value="${event}" autocomplete="off" /></label>
    <button type="submit">Show</button>
    ${(error !== '' || event !== '') && html`<a href="${links.letters({ group })}">Show all</a>`}
  </form>`;
}

function letterTable(
  links: Links,
  { actions, now }: Frame,
  { filters, letters }: LettersModel,
): Html {
  const columns = [
    ...(actions ? [{ head: 'Chosen', isBare: true }] : []),
    { head: 'Event' },
    { head: 'Given up', isNumber: true },
    { head: 'Attempts', isNumber: true },
    { head: 'Error' },
    { head: 'Payload' },
  ];
  const rows = letters.map((letter) => ({
    cells: [
      ...(actions ? [choice(letter)] : []),
      html`<a href="${links.letter(filters.group, letter)}"
          >${nameText(letter.name ?? 'no event')}</a
        >
        <span class="under">${shorten(letter.id)}</span>`,
      ago(letter.time, now),
      html`${formatNumber(letter.attempts)}`,
      html`<code class="cut">${cutEnd(letter.message, 300)}</code>
        <span class="under">${shorten(letter.reason)}</span>`,
      html`<code class="cut">${cutEnd(letter.preview, LONGEST_PREVIEW)}</code>`,
    ],
  }));
  return table({ caption: 'Dead letters', columns, rows, empty: 'There are none.' });
}

function choice({ id, stream, name }: LetterRow): Html {
  const label = `Choose ${shorten(name ?? 'entry')} ${shorten(id)}`;
  return html`<input
    type="checkbox"
    name="letter"
    value="${id} ${stream}"
    ${attributes({ 'aria-label': label })}
  />`;
}

function buttons({ matching }: LettersModel, isFiltered: boolean): Html {
  const all = isFiltered
    ? `all ${counted(matching, 'match', 'matches')}`
    : `all ${counted(matching, 'letter')}`;
  return html`<fieldset class="actions">
    <legend>What to do with them: the next page says what will happen, before anything does</legend>
    <label id="choose-all" hidden><input type="checkbox" /> Choose all that are listed</label>
    <label><input type="checkbox" name="all" value="1" /> Not only the chosen ones: ${all}</label>
    <button type="submit" name="action" value="redrive">Redrive …</button>
    <button type="submit" name="action" value="discard" class="danger">Discard …</button>
  </fieldset>`;
}
