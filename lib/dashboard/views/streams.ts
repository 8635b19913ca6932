import { html } from '../html.js';
import { problems } from './components.js';
import { renderPage } from './layout.js';
import { Links } from './links.js';
import type { Frame, StreamsModel } from './models.js';
import { streamTable } from './stream-table.js';

/** All streams. */
export function streamsPage(frame: Frame, { streams, problems: unread }: StreamsModel): string {
  const content = html`<h1>Streams</h1>
    ${problems(unread)}
    ${streamTable(new Links(frame.base), streams, { now: frame.now, liveId: 'streams' })}`;
  return renderPage(frame, { title: 'Streams', part: 'streams', content });
}
