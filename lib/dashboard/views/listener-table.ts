import { html, type Html } from '../html.js';
import { badge, NONE, nameLink, nameText, table } from './components.js';
import { cutEnd, formatDuration, formatNumber } from './format.js';
import type { Links } from './links.js';
import { worstFirst } from './listener-state.js';
import { workersOf } from './listener-workers.js';
import type { ListenerFacts } from './models.js';

const COLUMNS = [
  { head: 'Listener' },
  { head: 'State' },
  { head: 'To come', isNumber: true },
  { head: 'Pending', isNumber: true },
  { head: 'Oldest pending', isNumber: true },
  { head: 'Attempts', isNumber: true },
  { head: 'Dead letters', isNumber: true },
  { head: 'Workers', isNumber: true },
  { head: 'Last error' },
];

const LONGEST_ERROR = 120;

/** Listeners, the worst first. @param liveId see `TableParts`. */
export function listenerTable(
  links: Links,
  listeners: readonly ListenerFacts[],
  { now, liveId, empty }: { readonly now: Date; readonly liveId: string; readonly empty: string },
): Html {
  const rows = worstFirst(listeners, now).map(({ facts, verdicts: [worst] }) => {
    const [failure] = facts.failures;
    const pendingMs = facts.oldestPending?.pendingMs ?? null;
    return {
      level: worst.level,
      cells: [
        html`${nameLink(links.listener(facts.name, facts.stream), facts.name, 60)}
          <span class="under">${nameText(facts.stream, 60)}</span>`,
        badge(worst.level, worst.label),
        facts.undelivered
          ? html`${facts.undelivered.isAtLeast && html`<span title="at least">≥</span> `}${formatNumber(facts.undelivered.count)}`
          : html`<span class="dim">unknown</span>`,
        html`${formatNumber(facts.pending)}`,
        pendingMs === null ? NONE : html`${formatDuration(pendingMs)}`,
        failure ? html`${formatNumber(failure.attempts)}` : NONE,
        facts.deadLetters > 0
          ? html`<a href="${links.letters({ group: facts.name })}"
              >${formatNumber(facts.deadLetters)}</a
            >`
          : html`0`,
        html`${formatNumber(workersOf(facts))}`,
        failure ? html`<code class="cut">${cutEnd(failure.error, LONGEST_ERROR)}</code>` : NONE,
      ],
    };
  });
  return table({ caption: 'Listeners, the worst first', columns: COLUMNS, rows, empty, liveId });
}
