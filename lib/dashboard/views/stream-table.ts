import { html, type Html } from '../html.js';
import { NONE, nameLink, table } from './components.js';
import { ago, formatBytes, formatNumber } from './format.js';
import type { Links } from './links.js';
import type { Activity, StreamFacts } from './models.js';
import { sparkline } from './sparkline.js';

const COLUMNS = [
  { head: 'Stream' },
  { head: 'Events', isNumber: true },
  { head: 'Rate', isNumber: true },
  { head: 'Traffic' },
  { head: 'First', isNumber: true },
  { head: 'Last', isNumber: true },
  { head: 'Memory', isNumber: true },
  { head: 'Listeners', isNumber: true },
];

/** Streams, by name. @param liveId see `TableParts`. */
export function streamTable(
  links: Links,
  streams: readonly StreamFacts[],
  { now, liveId }: { readonly now: Date; readonly liveId: string },
): Html {
  const rows = streams.map((facts) => ({
    cells: [
      nameLink(links.stream(facts.stream), facts.stream, 80),
      html`${formatNumber(facts.length)}`,
      facts.activity ? rateOf(facts.activity) : NONE,
      facts.activity && facts.activity.counts.length > 0 ? sparkline(facts.activity) : NONE,
      ago(facts.first?.timestamp ?? null, now),
      ago(facts.last?.timestamp ?? null, now),
      facts.memoryBytes === null ? NONE : html`${formatBytes(facts.memoryBytes)}`,
      html`${formatNumber(facts.listeners)}`,
    ],
  }));
  const empty = 'There are no streams yet: they begin with their first event.';
  return table({ caption: 'Streams', columns: COLUMNS, rows, empty, liveId });
}

/** How many events a minute, or an hour where these are few. */
export function rateOf({ perMinute }: Activity): Html {
  if (perMinute === null) return NONE;
  if (perMinute >= 60) return html`${formatNumber(perMinute / 60)}/s`;
  return perMinute >= 1
    ? html`${formatNumber(perMinute)}/min`
    : html`${formatNumber(perMinute * 60)}/h`;
}
