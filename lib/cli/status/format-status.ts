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
    ...(oldest ? [describeOldest(oldest)] : []),
    ...listener.consumers.map(({ name, idle_ms, pending }) => [
      `  ${printable(name)}`,
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
  const { native_id, idle_ms, delivery_count, consumer } = oldest;
  const delivered = `delivered ${count(delivery_count, 'time', 'times')}`;
  return (
    `  oldest pending ${native_id}, idle ${formatDuration(idle_ms)}, ${delivered}, ` +
    `with ${printable(consumer)}`
  );
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
