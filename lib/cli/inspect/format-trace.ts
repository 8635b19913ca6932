import { entryTime } from '../../wire/entry-id.js';
import { printable } from '../../wire/printable.js';
import { colour } from '../colour.js';
import { jsonText } from '../json-text.js';
import type { EventFormat } from './inspect-options.js';
import { DEEPEST_SHOWN, type TraceNode } from '../../operations/trace-tree.js';

const BEGINS = {
  missing: 'which is not on the bus (any more)',
  circular: 'which it has led to itself',
} as const;

/** An event of a trace as it is printed, with its line end. */
export function formatTraceNode(node: TraceNode, format: EventFormat): string {
  if (format === 'human') return formatForPeople(node);
  return `${jsonText(toRecord(node), format === 'pretty' ? 2 : 0)}\n`;
}

function toRecord({ event, depth, begins }: TraceNode): Record<string, unknown> {
  const { id, nativeId, apiName, eventName, version, stream } = event;
  const { firedAt, correlationId, causationId } = event;
  return {
    ...{ depth, id, native_id: nativeId, api_name: apiName, event_name: eventName, version },
    ...{ timestamp: entryTime(nativeId).toISOString(), stream },
    ...(firedAt !== undefined && { fired_at: new Date(firedAt).toISOString() }),
    ...(correlationId !== undefined && { correlation_id: correlationId }),
    ...(causationId !== undefined && { causation_id: causationId }),
    ...(begins && { cause: begins }),
  };
}

function formatForPeople({ event, depth, last, begins }: TraceNode): string {
  const { id, nativeId, apiName, eventName, stream, causationId = '' } = event;
  const name = colour(printable(`${apiName}.${eventName}`), 'bold');
  const time = entryTime(nativeId).toISOString();
  const why = begins && `(caused by ${printable(causationId)}, ${BEGINS[begins]})`;
  const facts = [name, printable(id), nativeId, time, printable(stream), ...(why ? [why] : [])];
  return `${branch(last, depth)}${facts.join('  ')}\n`;
}

function branch(last: readonly boolean[], depth: number): string {
  if (depth === 0) return '';
  const isDeeper = depth > DEEPEST_SHOWN;
  const above = (isDeeper ? last : last.slice(0, -1)).map((isLast) => (isLast ? '   ' : '│  '));
  const own = isDeeper ? `[${depth}] ` : last.at(-1) ? '└─ ' : '├─ ';
  return `${above.join('')}${own}`;
}
