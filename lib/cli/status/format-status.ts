import { colour } from '../colour.js';
import { printable } from '../printable.js';
import { cut, layOutTable } from '../table.js';
import { formatBytes, formatDuration } from './quantities.js';
import type { ListenerStatus, StreamStatus } from './stream-status.js';

const HEAD = [
  'LISTENER, CONSUMER',
  'IDLE',
  'PENDING',
  'UNDELIVERED',
  'OLDEST PENDING',
  'DELIVERIES',
  'DEAD LETTERS',
];

/** Streams for people, no line wider than `width` columns. */
export function formatStatus(streams: readonly StreamStatus[], width: number): string {
  if (streams.length === 0) return 'There are no streams of events.\n';
  return `${streams.map((stream) => formatStream(stream, width)).join('\n\n')}\n`;
}

function formatStream(stream: StreamStatus, width: number): string {
  const [head = '', ...rows] = layOutTable(HEAD, stream.listeners.flatMap(toRows), width);
  return [
    colour(cut(printable(stream.stream), width), 'bold'),
    cut(describeStream(stream), width),
    ...(rows.length > 0 ? [colour(head, 'dim'), ...rows] : [cut('no listeners', width)]),
  ].join('\n');
}

function describeStream({ length, memory_bytes, first, last, redis }: StreamStatus): string {
  const memory = memory_bytes === null ? 'unknown' : formatBytes(memory_bytes);
  const size = `${length} ${length === 1 ? 'entry' : 'entries'}, memory ${memory}`;
  const span = first && last ? `, first ${first.timestamp}, last ${last.timestamp}` : '';
  return `${size}${span}, on ${redis}`;
}

function toRows(listener: ListenerStatus): string[][] {
  const { oldest_pending: oldest } = listener;
  return [
    [
      printable(listener.group),
      '',
      String(listener.pending),
      String(listener.undelivered ?? 'unknown'),
      oldest ? `${oldest.native_id}, idle ${formatDuration(oldest.idle_ms)}` : '-',
      String(oldest?.delivery_count ?? '-'),
      String(listener.dead_letters),
    ],
    ...listener.consumers.map(({ name, idle_ms, pending }) => [
      `  ${printable(name)}`,
      formatDuration(idle_ms),
      String(pending),
    ]),
  ];
}
