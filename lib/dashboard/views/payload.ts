import { html, type Html } from '../html.js';
import { notice } from './components.js';
import { formatNumber } from './format.js';
import type { PayloadModel } from './models.js';

/**
 * A payload as text: it can be scrolled to by keyboard, and never becomes anything else.
 *
 * @param download where the whole of it is.
 */
export function payloadView(label: string, payload: PayloadModel, download: string | null): Html {
  if (payload.kind === 'hidden') return notice('idle', payload.reason);
  const { text, isCut } = payload;
  return html`<pre class="payload" tabindex="0" role="region" aria-label="${label}">${text}</pre>
    ${isCut && html`<p class="dim">These are the first ${formatNumber(text.length)} characters.</p>`}
    ${download !== null && html`<p><a href="${download}" download>Save the whole as a file</a></p>`}`;
}
