import { html, type Html } from '../html.js';
import { badge, facts as factList, NONE, nameLink, nameText, table } from './components.js';
import {
  ago,
  counted,
  cutEnd,
  exactTime,
  formatCount,
  formatDuration,
  formatNumber,
  shorten,
} from './format.js';
import { renderPage } from './layout.js';
import { letterGroups } from './letter-groups.js';
import { Links } from './links.js';
import { verdictText } from './listener-cards.js';
import { verdictsOf, whatIsGone } from './listener-state.js';
import { isThere } from './listener-workers.js';
import type { Frame, ListenerFacts, ListenerModel } from './models.js';

/** How many consumers and failing events are listed. */
const MOST_ROWS = 200;

/** One listener on one stream. */
export function listenerPage(frame: Frame, model: ListenerModel): string {
  const { listener, errors } = model;
  const links = new Links(frame.base);
  const content = html`<h1>${nameText(listener.name)}</h1>
    <p class="lead">
      Listener on
      ${nameLink(links.stream(listener.stream), listener.stream)}${otherStreams(links, model)}
    </p>
    <div
      id="state"
      role="status"
      data-live
      class="card level ${verdictsOf(listener, frame.now)[0].level}"
    >
      ${verdictsOf(listener, frame.now).map((verdict) => verdictText(links, listener, verdict))}
    </div>
    <div id="facts" data-live>
      ${progressFacts(links, listener)}${ownFacts(links, frame, model)}
    </div>
    ${
      listener.failures.length > 0 &&
      html`<h2>Failing events</h2>
        ${failures(links, frame.now, listener)}`
    }
    <h2>Workers</h2>
    ${workers(frame.now, listener)}
    ${
      listener.lost &&
      html`<h2>Lost history</h2>
        ${lostFacts(frame.now, listener.lost)}`
    }
    <h2>Dead letters</h2>
    ${letterGroups(links, listener.name, errors, frame.now)}`;
  return renderPage(frame, { title: listener.name, part: 'listeners', content });
}

function otherStreams(links: Links, { listener, otherStreams: others }: ListenerModel): Html {
  if (others.length === 0) return html``;
  return html`; it reads
  ${others.map((stream, i) => html`${i > 0 && ', '}${nameLink(links.listener(listener.name, stream), stream)}`)},
  too`;
}

function progressFacts(links: Links, listener: ListenerFacts): Html {
  const { stream, undelivered, pending, waiting, oldestPending, deadLetters, lastDeliveredId } =
    listener;
  return factList([
    ['To come', undelivered ? formatCount(undelivered) : 'unknown: reading is refused'],
    [
      'Pending',
      waiting > 0
        ? `${formatNumber(pending)}, of which ${formatNumber(waiting)} wait for a worker`
        : formatNumber(pending),
    ],
    [
      'Oldest pending',
      oldestPending &&
        html`<a href="${links.entry({ stream, nativeId: oldestPending.nativeId })}"
            >${shorten(oldestPending.nativeId)}</a
          >,
          ${oldestPending.pendingMs !== null && `for ${formatDuration(oldestPending.pendingMs)}, `}
          ${oldestPending.deliveryCount > 1 && `delivered ${counted(oldestPending.deliveryCount, 'time')}, `}
          ${oldestPending.consumer === null ? 'with nobody' : html`with ${nameText(oldestPending.consumer, 60)}`}`,
    ],
    ['Last delivered', shorten(lastDeliveredId)],
    ['Dead letters', formatNumber(deadLetters)],
  ]);
}

function ownFacts(links: Links, { now }: Frame, { listener, own }: ListenerModel): Html {
  if (!own) return html``;
  const { handling } = own;
  return factList([
    ['In this process', shorten(own.status)],
    ['Handler', html`<code>${cutEnd(own.place, 500)}</code>`],
    [
      'In hand',
      handling &&
        html`<a href="${links.entry({ stream: listener.stream, nativeId: handling.nativeId })}"
            >${shorten(handling.nativeId)}</a
          >
          ${shorten(handling.eventName ?? '')} since ${exactTime(handling.since, now)}`,
    ],
  ]);
}

function failures(links: Links, now: Date, { stream, failures: all }: ListenerFacts): Html {
  const rows = all.slice(0, MOST_ROWS).map((failure) => ({
    level: 'broken' as const,
    cells: [
      html`<a href="${links.entry({ stream, nativeId: failure.nativeId })}"
          >${shorten(failure.nativeId)}</a
        >
        <span class="under">${nameText(failure.eventName ?? '', 60)}</span>`,
      ago(failure.since, now),
      html`${formatNumber(failure.attempts)}`,
      failure.nextTryAt ? ago(failure.nextTryAt, now) : html`<span class="dim">not planned</span>`,
      failure.consumer === null ? NONE : nameText(failure.consumer, 60),
      html`<code class="cut">${cutEnd(failure.error, 300)}</code>`,
    ],
  }));
  const columns = [
    { head: 'Event' },
    { head: 'Failing since', isNumber: true },
    { head: 'Attempts', isNumber: true },
    { head: 'Next try', isNumber: true },
    { head: 'Worker' },
    { head: 'Last error' },
  ];
  return table({ caption: 'Failing events', columns, rows, empty: 'None.', liveId: 'failures' });
}

function workers(now: Date, { consumers }: ListenerFacts): Html {
  const sorted = [...consumers].sort(
    (a, b) => Number(isThere(b)) - Number(isThere(a)) || b.pending - a.pending,
  );
  const rows = sorted.slice(0, MOST_ROWS).map((consumer) => ({
    cells: [
      nameText(consumer.name, 60),
      presence(consumer),
      html`${formatNumber(consumer.pending)}`,
      html`${formatDuration(consumer.idleMs)}`,
      consumer.worker
        ? html`${nameText(consumer.worker.host, 60)}, ${String(consumer.worker.pid)}`
        : NONE,
      consumer.worker ? ago(consumer.worker.since, now) : NONE,
    ],
  }));
  const columns = [
    { head: 'Consumer' },
    { head: 'State' },
    { head: 'Pending', isNumber: true },
    { head: 'Last sign', isNumber: true },
    { head: 'Host and process' },
    { head: 'Since', isNumber: true },
  ];
  const more = sorted.length - rows.length;
  return html`${table({ caption: 'Workers', columns, rows, empty: 'No process has ever read it.', liveId: 'workers' })}
  ${more > 0 && html`<p>And ${counted(more, 'more consumer')}.</p>`}`;
}

function presence(consumer: ListenerFacts['consumers'][number]): Html {
  if (consumer.worker)
    return consumer.worker.alive ? badge('well', 'There') : badge('idle', 'Gone');
  return isThere(consumer) ? badge('well', 'Seen just now') : badge('idle', 'Unknown');
}

function lostFacts(now: Date, { times, last }: NonNullable<ListenerFacts['lost']>): Html {
  return factList([
    ['Noticed', counted(times, 'time')],
    ['Last noticed', exactTime(last.noticedAt, now)],
    ['Gone', whatIsGone(last)],
  ]);
}
