import { html, type Html } from '../html.js';
import { nameText, notice } from './components.js';
import { counted, formatDistance, formatDuration, formatNumber, shorten } from './format.js';
import { renderPage } from './layout.js';
import { letterGroups } from './letter-groups.js';
import { Links } from './links.js';
import { errorText } from './listener-cards.js';
import type { Frame, PlanModel, ResultModel, WhenHandled } from './models.js';

/** What an action will do, before it does: it is a GET, and the form on it does it. */
export function planPage(frame: Frame, plan: PlanModel): string {
  const { action, filters, count, errors, notes, when } = plan;
  const links = new Links(frame.base);
  const what = counted(count, 'dead letter');
  const title = action === 'redrive' ? `Redrive ${what}?` : `Discard ${what}?`;
  const content = html`<h1>${title}</h1>
    <p class="lead">Of ${nameText(filters.group)}. Nothing has been done yet.</p>
    <h2>What will happen</h2>
    ${action === 'redrive' ? redriveText() : discardText()} ${when && whenText(when, frame.now)}
    ${notes.map((note) => notice('warning', note))}
    <h2>Which ones</h2>
    ${letterGroups(links, filters.group, errors, frame.now)}
    <form method="post" action="${links.act(action)}">
      ${plan.fields.map(({ name, value }) => html`<input type="hidden" name="${name}" value="${value}" />`)}
      <p class="buttons">
        ${
          count.count > 0 &&
          html`<button type="submit" class="${action === 'discard' ? 'danger' : 'main'}">
            ${action === 'redrive' ? 'Redrive' : 'Discard'} ${what}
          </button>`
        }
        <a class="button" href="${links.letters(filters)}">Leave them as they are</a>
      </p>
    </form>`;
  return renderPage(frame, { title, part: 'dead letters', content });
}

/** What has become of letters that something was done with. */
export function resultPage(frame: Frame, result: ResultModel): string {
  const { action, filters, asked, done, left, notes, outcome, when } = result;
  const links = new Links(frame.base);
  const verb = action === 'redrive' ? 'redriven' : 'discarded';
  const title = `${formatNumber(done)} of ${counted(asked, 'dead letter')} ${done === 1 ? 'was' : 'were'} ${verb}`;
  const content = html`<h1>${title}</h1>
    <p class="lead">Of ${nameText(filters.group)}.</p>
    ${
      done < asked &&
      notice(
        'warning',
        'The others were not there any more, or could not be: somebody else may have dealt with them, or their original has been deleted.',
      )
    }
    ${notes.map((note) => notice('warning', note))}
    <div id="outcome" role="status" data-live>
      ${
        outcome &&
        html`<dl class="tiles">
          ${tile('Handled', outcome.handled)} ${tile('Waiting', outcome.waiting)}
          ${tile('Failing', outcome.failing)} ${tile('Given up again', outcome.deadAgain)}
        </dl>`
      }
      ${when && whenText(when, frame.now)}
      <p>The listener has ${counted(left, 'dead letter')} now.</p>
    </div>
    <p class="buttons">
      <a class="button" href="${links.letters({ group: filters.group })}">Its dead letters</a>
      <a class="button" href="${links.listeners(filters.group)}">The listener</a>
    </p>`;
  return renderPage(frame, { title, part: 'dead letters', content });
}

function redriveText(): Html {
  return html`<p>
    The events are handed to the listener again, the oldest first, before any newer event. Their
    letters are gone then; one that fails again is tried as often as before, and becomes a dead
    letter again.
  </p>`;
}

function discardText(): Html {
  return html`<p>
    The letters are removed for good, with their errors: the listener never handles these events.
    The events themselves stay in their stream. This can't be undone.
  </p>`;
}

/** When what is redriven will be handled. */
function whenText(when: WhenHandled, now: Date): Html {
  switch (when.kind) {
    case 'at_once':
      return notice(
        'well',
        html`They are handled at once: the worker ${nameText(when.worker, 60)} is there.`,
      );
    case 'after_pending':
      return notice(
        'busy',
        `They are handled after what the listener has in hand: ${counted(when.pending, 'event')}.`,
      );
    case 'no_worker':
      return notice('warning', 'They are handled as soon as a worker starts: none is there now.');
    case 'after_failure': {
      const { nativeId, eventName, since, error, nextTryAt } = when.failure;
      const next = nextTryAt ? `; next try ${formatDistance(nextTryAt, now)}` : '';
      return html`${notice(
        'broken',
        `They are handled only after ${shorten(eventName ?? 'event')} ${shorten(nativeId)}, which has been failing for ${formatDuration(now.getTime() - since.getTime())}${next}:`,
      )}
      ${errorText(error)}`;
    }
  }
}

function tile(name: string, value: number): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${formatNumber(value)}</dd>
  </div>`;
}
