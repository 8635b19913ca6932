import { colour } from '../colour.js';
import { printable } from '../../wire/printable.js';
import { cut, layOutTable } from '../table.js';
import { formatBytes, formatDuration } from './quantities.js';
import type { ListenerStatus, StreamStatus } from '../../operations/stream-status.js';

// What takes more columns has a line of its own: a terminal has 80.
const HEAD = ['LISTENER, CONSUMER', 'IDLE', 'PENDING', 'UNDELIVERED', 'DEAD LETTERS'];

/** Streams for people, no line wider than `width` columns. */
export function formatStatus(streams: readonly StreamStatus[], width: number): string {
  if (streams.length === 0) return 'There are no streams of events.\n';
  return `${streams.map((stream) => formatStream(stream, width)).join('\n\n')}\n`;
}

function formatStream(stream: StreamStatus, width: number): string {
  const [head = '', ...rows] = layOutTable(HEAD, stream.listeners.flatMap(toRows), width);
  return [
    colour(cut(printable(stream.stream), width), 'bold'),
    ...describeStream(stream).map((line) => cut(line, width)),
    ...(rows.length > 0 ? [colour(head, 'dim'), ...rows] : [cut('no listeners', width)]),
  ].join('\n');
}

function describeStream({ length, memory_bytes, first, last, redis }: StreamStatus): string[] {
  const memory = memory_bytes === null ? 'unknown' : formatBytes(memory_bytes);
  const size = `${count(length, 'entry', 'entries')}, memory ${memory}, on ${redis}`;
  return first && last ? [size, `first ${first.timestamp}, last ${last.timestamp}`] : [size];
}

function toRows(listener: ListenerStatus): (string[] | string)[] {
  const { oldest_pending: oldest } = listener;
  return [
    [
      printable(listener.group),
      '',
      String(listener.pending),
      describeUndelivered(listener),
      String(listener.dead_letters),
    ],
    ...listener.failing.flatMap(describeFailing),
    ...(oldest ? [describeOldest(oldest)] : []),
    ...describeUnclaimed(listener),
    ...describeLost(listener),
    ...listener.consumers.map(({ name, idle_ms, pending, worker }) => [
      `  ${printable(name)}${worker?.alive === false ? ' (gone)' : ''}`,
      formatDuration(idle_ms),
      String(pending),
    ]),
  ];
}

function describeUndelivered({ undelivered, undelivered_at_least }: ListenerStatus): string {
  if (undelivered === null) return 'unknown';
  return undelivered_at_least ? `${undelivered}+` : String(undelivered);
}

function describeOldest(oldest: NonNullable<ListenerStatus['oldest_pending']>): string {
  const { native_id, pending_ms, delivery_count, consumer } = oldest;
  const age = pending_ms === null ? 'for an unknown time' : `for ${formatDuration(pending_ms)}`;
  const delivered = `delivered ${count(delivery_count, 'time', 'times')}`;
  const owner = consumer === null ? 'waits for a worker' : `with ${printable(consumer)}`;
  return `  oldest pending ${native_id}, ${age}, ${delivered}, ${owner}`;
}

// The error last, in a line of its own: it may be long, and is what is cut.
function describeFailing(failing: ListenerStatus['failing'][number]): string[] {
  const { native_id, event, since, attempts, error, next_try_at } = failing;
  const what = `${event === null ? 'event' : printable(event)} ${native_id}`;
  const next =
    next_try_at === null ? 'no further try by this process' : `next try at ${next_try_at}`;
  return [
    `  FAILING since ${since}: ${what}`,
    `    ${count(attempts, 'attempt', 'attempts')}, ${next}`,
    `    ${printable(error)}`,
  ];
}

function describeUnclaimed({ unclaimed }: ListenerStatus): string[] {
  if (unclaimed === 0) return [];
  return [`  ${unclaimed} of the pending were handed back or redriven, and wait for a worker`];
}

function describeLost({ lost_history: lost }: ListenerStatus): string[] {
  if (!lost) return [];
  const { times, after, until, noticed_at } = lost;
  const range = until === null ? `all that followed ${after}` : `after ${after} up to ${until}`;
  const latest = `${range}, noticed ${noticed_at}`;
  return [`  HISTORY LOST ${count(times, 'time', 'times')}, last: ${latest}`];
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
