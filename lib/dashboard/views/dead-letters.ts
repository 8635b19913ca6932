import { html } from '../html.js';
import { nameLink, problems } from './components.js';
import { ago, counted } from './format.js';
import { renderPage } from './layout.js';
import { letterGroups } from './letter-groups.js';
import { Links } from './links.js';
import type { DeadLettersModel, Frame } from './models.js';

/** The listeners that have dead letters, and why. */
export function deadLettersPage(frame: Frame, model: DeadLettersModel): string {
  const links = new Links(frame.base);
  const content = html`<h1>Dead letters</h1>
    <p class="lead">
      Events that a listener was given and gave up. The events themselves stay where they are.
    </p>
    ${problems(model.problems)}
    ${
      model.listeners.length === 0
        ? html`<p class="sum well"><strong>There are none.</strong></p>`
        : model.listeners.map(
            ({ name, count, oldest, errors }) =>
              html`<section class="card">
                <h2>${nameLink(links.letters({ group: name }), name)}</h2>
                <p>
                  ${counted(count, 'dead letter')}${oldest && html`, the oldest ${ago(oldest, frame.now)}`}
                </p>
                ${letterGroups(links, name, errors, frame.now)}
              </section>`,
          )
    }`;
  return renderPage(frame, { title: 'Dead letters', part: 'dead letters', content });
}
