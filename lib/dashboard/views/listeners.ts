import { html } from '../html.js';
import { problems } from './components.js';
import { renderPage } from './layout.js';
import { Links } from './links.js';
import { listenerTable } from './listener-table.js';
import type { Frame, ListenersModel } from './models.js';

/** All listeners, or those of whose names something is known. */
export function listenersPage(
  frame: Frame,
  { listeners, search, problems: unread }: ListenersModel,
): string {
  const links = new Links(frame.base);
  const content = html`<h1>Listeners</h1>
    ${problems(unread)}
    <form class="filters" action="${links.listeners()}" role="search">
      <label>Part of a name <input type="search" name="search" value="${search}" /></label>
      <button type="submit">Show</button>
      ${search !== '' && html`<a href="${links.listeners()}">Show all</a>`}
    </form>
    ${listenerTable(links, listeners, {
      now: frame.now,
      liveId: 'listeners',
      empty: search === '' ? 'No listener has started yet.' : 'No listener has such a name.',
    })}`;
  return renderPage(frame, { title: 'Listeners', part: 'listeners', content });
}
