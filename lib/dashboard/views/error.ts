import { html } from '../html.js';
import { notice } from './components.js';
import { shorten } from './format.js';
import { renderPage } from './layout.js';
import { Links } from './links.js';
import type { ErrorModel, Frame } from './models.js';

/** What a request is answered that can't be fulfilled. */
export function errorPage(frame: Frame, { title, message }: ErrorModel): string {
  const content = html`<h1>${shorten(title)}</h1>
    ${notice('broken', message)}
    <p><a href="${new Links(frame.base).overview()}">To the overview</a></p>`;
  return renderPage(frame, { title, part: null, content });
}
