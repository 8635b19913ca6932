import { html, type Html } from '../html.js';
import { nameText, table } from './components.js';
import { ago, cutEnd, formatNumber, shorten } from './format.js';
import type { Links } from './links.js';
import type { LetterGroup } from './models.js';

const COLUMNS = [
  { head: 'Error' },
  { head: 'Letters', isNumber: true },
  { head: 'Events' },
  { head: 'First', isNumber: true },
  { head: 'Last', isNumber: true },
];

/** Names of events that are listed; others are counted. */
const MOST_NAMES = 5;

/** A listener's dead letters by error, with what leads to each. */
export function letterGroups(
  links: Links,
  group: string,
  errors: readonly LetterGroup[],
  now: Date,
): Html {
  const rows = errors.map((error) => ({
    cells: [
      html`<a href="${links.letters({ group, error: error.fingerprint })}"
          ><code>${cutEnd(error.error, 300) || '(no message)'}</code></a
        >
        <span class="under">${shorten(error.reason)}</span>`,
      html`${error.count.isAtLeast && '≥ '}${formatNumber(error.count.count)}`,
      eventNames(error.events),
      ago(error.first, now),
      ago(error.last, now),
    ],
  }));
  return table({
    caption: 'Dead letters by error',
    columns: COLUMNS,
    rows,
    empty: 'There are none.',
  });
}

function eventNames(events: readonly string[]): Html {
  const more = events.length - MOST_NAMES;
  return html`${events.slice(0, MOST_NAMES).map((name, i) => html`${i > 0 && ', '}${nameText(name, 60)}`)}
  ${more > 0 && ` and ${formatNumber(more)} more`}`;
}
