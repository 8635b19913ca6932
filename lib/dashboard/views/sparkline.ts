import { html, type Html } from '../html.js';
import { counted, formatDuration, formatNumber, plainTime, shorten } from './format.js';
import type { Activity } from './models.js';

const HEIGHT = 24;
const BAR = 3;
const GAP = 1;

/**
 * Traffic as bars, the oldest to the left. Its title says for those who don't see it what there is to see;
 * {@link activityTable} has the numbers.
 */
export function sparkline({ counts, from, until, basis }: Activity): Html {
  const highest = Math.max(1, ...counts);
  const bars = counts.map((count, i) => {
    // What is not nothing is seen.
    const height = count > 0 ? Math.max(1, Math.round((count / highest) * HEIGHT)) : 0;
    return height > 0 ? `M${i * (BAR + GAP)} ${HEIGHT}v-${height}h${BAR}v${height}z` : '';
  });
  const width = counts.length * (BAR + GAP);
  const duration = formatDuration(until.getTime() - from.getTime());
  return html`<svg
    class="sparkline"
    role="img"
    viewBox="0 0 ${width} ${HEIGHT}"
    width="${width}"
    height="${HEIGHT}"
  >
    <title>
      ${counted(sum(counts), 'event')} in ${duration}, by ${shorten(basis)}; at most ${highest} in
      one of ${counts.length} parts of that time
    </title>
    <path d="${bars.join('')}" />
  </svg>`;
}

/** The numbers behind a {@link sparkline}. */
export function activityTable({ counts, from, until }: Activity): Html {
  const part = (until.getTime() - from.getTime()) / Math.max(1, counts.length);
  return html`<details>
    <summary>The bars as numbers</summary>
    <div class="table">
      <table>
        <caption class="unseen">
          Events by time
        </caption>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col" class="number">Events</th>
          </tr>
        </thead>
        <tbody>
          ${counts.map(
            (count, i) =>
              html`<tr>
                <th scope="row" data-label="From">
                  ${plainTime(new Date(Math.round(from.getTime() + i * part)))}
                </th>
                <td class="number" data-label="Events">${formatNumber(count)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
