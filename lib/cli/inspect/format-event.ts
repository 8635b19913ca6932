import type { HistoricEntry } from '../../store/read-history.js';
import type { SideData } from '../../event/side-data.js';
import type { DecodedEvent } from '../../wire/by-field.js';
import { colour } from '../colour.js';
import type { EventFormat } from './inspect-options.js';
import { printable } from '../../wire/printable.js';
import { jsonText } from '../json-text.js';

/** An entry that is an event. */
export type EventEntry = HistoricEntry & { readonly content: DecodedEvent };

const LABEL_WIDTH = 20;

/**
 * An event as it is printed, with its line end. `notes` say what was irregular about its entry, and
 * are left out where nothing was.
 *
 * @param width columns of the terminal, for `human`.
 */
export function formatEvent(entry: EventEntry, format: EventFormat, width: number): string {
  try {
    if (format === 'human') return formatForPeople(entry, width);
    return `${jsonText(toRecord(entry), format === 'pretty' ? 2 : 0)}\n`;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const { parameters, ...content } = entry.content;
    const note = `left out, as it is nested too deeply: ${Object.keys(parameters).join(', ')}`;
    const shown = { ...content, parameters: {}, notes: [...content.notes, note] };
    return formatEvent({ ...entry, content: shown }, format, width);
  }
}

function toRecord(entry: EventEntry): Record<string, unknown> {
  return { ...metadataOf(entry), payload: entry.content.parameters, ...notesOf(entry) };
}

function metadataOf({ content, nativeId, timestamp, stream }: EventEntry) {
  const { id, apiName, eventName, version, side } = content;
  return {
    id,
    native_id: nativeId,
    api_name: apiName,
    event_name: eventName,
    version,
    timestamp: timestamp.toISOString(),
    stream,
    ...(side && sideRecord(side)),
  };
}

/** What the sender says of an event, as it is printed; keys that it doesn't say are left out. */
export function sideRecord(side: SideData): Record<string, unknown> {
  const { firedAt, correlationId, causationId, traceparent, tracestate, headers } = side;
  const record = {
    fired_at: firedAt === undefined ? undefined : new Date(firedAt).toISOString(),
    ...{ correlation_id: correlationId, causation_id: causationId },
    ...{ traceparent, tracestate, headers },
  };
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function notesOf({ content }: EventEntry): { notes?: readonly string[] } {
  const notes = [...content.notes, ...(content.sideFaults ?? [])];
  return notes.length > 0 ? { notes } : {};
}

function formatForPeople(entry: EventEntry, width: number): string {
  const { apiName, eventName, parameters } = entry.content;
  const metadata = Object.entries({ ...metadataOf(entry), ...notesOf(entry) });
  const lines = [
    colour(centre(` ${printable(`${apiName}.${eventName}`)} `, width), 'bold', 'green'),
    colour('Metadata:', 'bold'),
    ...metadata.map(([name, value]) =>
      line(name, typeof value === 'string' ? printable(value) : jsonText(value)),
    ),
    colour('Data:', 'bold'),
    ...Object.entries(parameters).map(([name, value]) => line(printable(name), jsonText(value, 2))),
  ];
  return `${lines.join('\n')}\n\n`;
}

function line(name: string, value: string): string {
  const margin = ' '.repeat(LABEL_WIDTH + 6);
  return `    ${name.padEnd(LABEL_WIDTH)}: ${value.replaceAll('\n', `\n${margin}`)}`;
}

function centre(text: string, width: number): string {
  const left = Math.max(0, Math.floor((width - text.length) / 2));
  return text.padStart(text.length + left, '=').padEnd(width, '=');
}
