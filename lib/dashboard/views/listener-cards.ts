import { html, type Html } from '../html.js';
import { badge, nameLink, nameText } from './components.js';
import { cutEnd, shorten } from './format.js';
import type { Links } from './links.js';
import type { Verdict } from './listener-state.js';
import type { ListenerFacts } from './models.js';

/** How much of an error a card shows, characters. */
const LONGEST_ERROR = 1_000;

/** One listener that somebody has to look at: what is wrong, since when, and what to do. */
export function listenerCard(
  links: Links,
  facts: ListenerFacts,
  verdicts: readonly [Verdict, ...Verdict[]],
): Html {
  return html`<article class="card level ${verdicts[0].level}">
    <h3>
      ${nameLink(links.listener(facts.name, facts.stream), facts.name)}
      <span class="dim">on ${nameText(facts.stream)}</span>
    </h3>
    ${verdicts.map((verdict) => verdictText(links, facts, verdict))}
  </article>`;
}

/** One thing that is true of a listener, with what to do and where to look. */
export function verdictText(links: Links, facts: ListenerFacts, verdict: Verdict): Html {
  const { level, label, says, error, hint, nativeId } = verdict;
  return html`<div class="verdict">
    <p>${badge(level, label)} ${says}</p>
    ${error !== undefined && errorText(error)}
    ${hint !== '' && html`<p class="hint"><b>What to do:</b> ${hint}</p>`}
    ${
      nativeId !== undefined &&
      html`<p>
        <a href="${links.entry({ stream: facts.stream, nativeId })}"
          >See the event ${shorten(nativeId)}</a
        >
      </p>`
    }
    ${
      label === 'Dead letters' &&
      html`<p><a href="${links.letters({ group: facts.name })}">See the dead letters</a></p>`
    }
  </div>`;
}

/** What a handler has thrown: its line ends stay. */
export function errorText(error: string, longest = LONGEST_ERROR): Html {
  return html`<pre class="error" tabindex="0" role="region" aria-label="Error">
${cutEnd(error, longest)}</pre>`;
}
