import { assetFile } from '../assets/assets.js';
import { attributes, html, type Html } from '../html.js';
import { plainTime, shorten } from './format.js';
import { Links } from './links.js';
import type { Frame } from './models.js';

/** The parts that the navigation leads to. */
export type Part = 'overview' | 'streams' | 'history' | 'listeners' | 'dead letters';

/** A whole page. */
export interface Page {
  readonly title: string;
  /** Which part it belongs to; `null`: none. */
  readonly part: Part | null;
  readonly content: Html;
}

/** Puts around the content of a page what all have. @returns the document, as it is sent. */
export function renderPage(frame: Frame, { title, part, content }: Page): string {
  const links = new Links(frame.base);
  const parts: readonly (readonly [Part, string])[] = [
    ['overview', links.overview()],
    ['listeners', links.listeners()],
    ['dead letters', links.deadLetters()],
    ['streams', links.streams()],
    ['history', links.history()],
  ];
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${shorten(title)} – Lightbus</title>
        <link rel="icon" href="${links.asset(assetFile('icon.svg'))}" />
        <link rel="stylesheet" href="${links.asset(assetFile('style.css'))}" />
        <script type="module" src="${links.asset(assetFile('script.js'))}"></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <p class="brand">
            <a href="${links.overview()}">Lightbus</a>
            <span class="service">${shorten(frame.service, 60)}</span>
          </p>
          <nav aria-label="Parts of the page">
            <ul>
              ${parts.map(
                ([name, address]) =>
                  html`<li>
                    <a href="${address}" ${attributes({ 'aria-current': part === name && 'true' })}
                      >${name[0]?.toUpperCase()}${name.slice(1)}</a
                    >
                  </li>`,
              )}
            </ul>
          </nav>
        </header>
        <main id="main" tabindex="-1">${content}</main>
        <footer>
          <p>
            Read <span id="read-at" data-live>${plainTime(frame.now)}</span> from
            ${frame.places.map((place, i) => html`${i > 0 && ', '}<span>${shorten(place)}</span>`)}.
            ${frame.actions ? 'Dead letters can be redriven and discarded.' : 'Read-only.'}
          </p>
          <button type="button" id="updates" aria-pressed="false" hidden>Pause updates</button>
        </footer>
      </body>
    </html> `;
  return document.toString();
}
