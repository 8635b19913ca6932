import { html, type Html } from '../html.js';
import { facts, nameLink, nameText } from './components.js';
import { exactTime, formatNumber, shorten } from './format.js';
import { renderPage } from './layout.js';
import { hiddenFilters, readOnly } from './letters.js';
import { Links } from './links.js';
import { errorText } from './listener-cards.js';
import type { Frame, LetterModel } from './models.js';
import { payloadView } from './payload.js';

/** How much of an error and its stack is shown, characters. */
const LONGEST_ERROR = 20_000;

/** One dead letter with all that is in it. */
export function letterPage(frame: Frame, letter: LetterModel): string {
  const links = new Links(frame.base);
  const title = `Dead letter ${shorten(letter.id)}`;
  const content = html`<h1>${title}</h1>
    <p class="lead">
      ${nameText(letter.name ?? 'No event')}, given up by
      ${nameLink(links.letters({ group: letter.group }), letter.group)}
    </p>
    <h2>Error</h2>
    ${errorText(letter.message, LONGEST_ERROR)}
    ${
      letter.stack !== null &&
      html`<details>
        <summary>Stack</summary>
        ${errorText(letter.stack, LONGEST_ERROR)}
      </details>`
    }
    ${provenance(links, frame.now, letter)}
    <h2>Payload</h2>
    ${
      letter.payload
        ? payloadView('Payload', letter.payload, links.letterPayload(letter.group, letter))
        : html`<p class="empty">The data of the original entry was gone.</p>`
    }
    ${frame.actions ? actionForm(links, letter) : readOnly()}`;
  return renderPage(frame, { title, part: 'dead letters', content });
}

function provenance(links: Links, now: Date, letter: LetterModel): Html {
  const { stream, nativeId, reason, attempts, time, listener, consumer } = letter;
  return facts([
    ['Given up', exactTime(time, now)],
    ['Reason', shorten(reason)],
    ['Attempts', formatNumber(attempts)],
    ['Listener', listener === '' ? null : nameText(listener)],
    ['Worker', consumer === '' ? null : nameText(consumer)],
    ['Stream', nameLink(links.stream(stream), stream)],
    [
      'Original',
      nativeId === ''
        ? null
        : html`<a href="${links.entry({ stream, nativeId })}">${shorten(nativeId)}</a>`,
    ],
  ]);
}

function actionForm(links: Links, { group, id, stream, reason }: LetterModel): Html {
  return html`<form action="${links.plan()}">
    ${hiddenFilters({ group, error: '', event: '' })}
    <input type="hidden" name="letter" value="${id} ${stream}" />
    <fieldset class="actions">
      <legend>What to do with it: the next page says what will happen, before anything does</legend>
      ${
        reason !== 'foreign' &&
        html`<button type="submit" name="action" value="redrive">Redrive …</button>`
      }
      <button type="submit" name="action" value="discard" class="danger">Discard …</button>
    </fieldset>
  </form>`;
}
