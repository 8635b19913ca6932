import type { DeadLetter } from '../../operations/dead-letter.js';
import type { DeadLetterGroup } from '../../operations/dead-letter-groups.js';
import { deserialize } from '../../wire/by-field.js';
import { brief, briefLines } from '../brief.js';
import { colour } from '../colour.js';
import { count } from '../for-people.js';
import { jsonText } from '../json-text.js';
import { formatDuration } from '../status/quantities.js';

/** How many lines an error takes, and a payload. */
const ERROR_LINES = 4;
const PAYLOAD_LINES = 10;

/** A dead letter for people, no line wider than `width` columns. */
export function formatLetter(letter: DeadLetter, width: number, now: Date): string {
  const { id, reason, attempts, consumer, time, message, nativeId, stream } = letter;
  const { name, payload } = contentOf(letter);
  const how = [
    reason,
    attempts > 0 ? count(attempts, 'attempt') : '',
    consumer && `by ${consumer}`,
  ];
  const entry = nativeId && `entry ${nativeId} on ${stream}`;
  const lines = [
    `given up ${formatTime(time, now)}`,
    how.filter(Boolean).join(', '),
    ...(entry ? [entry] : []),
  ];
  return [
    colour(brief(name === undefined ? id : `${id}  ${name}`, width), 'bold'),
    ...lines.map((line) => `  ${brief(line, width - 2)}`),
    ...briefLines(message, width - 4, ERROR_LINES).map((line) => `  ! ${line}`),
    ...formatPayload(payload, width),
  ].join('\n');
}

/** Dead letters of one error for people, no line wider than `width` columns. */
export function formatGroup(
  group: DeadLetterGroup,
  isAtLeast: boolean,
  width: number,
  now: Date,
): string {
  const { id, reason, error, firstAt, lastAt, events, attempts, sample } = group;
  const head = `${group.count}${isAtLeast ? '+' : ''}  ${reason}: ${error}`;
  const lines = [
    `error ${id}`,
    ...(events.length > 0 ? [`of ${events.join(', ')}`] : []),
    `first ${formatTime(firstAt, now)}`,
    `last  ${formatTime(lastAt, now)}`,
    ...(attempts > 1 ? [`up to ${count(attempts, 'attempt')}`] : []),
    `the newest is ${sample.id}:`,
  ];
  return [
    colour(brief(head, width), 'bold'),
    ...lines.map((line) => `  ${brief(line, width - 2)}`),
    ...briefLines(sample.message, width - 4, ERROR_LINES).map((line) => `  ! ${line}`),
  ].join('\n');
}

function formatTime(time: Date, now: Date): string {
  // Clocks of several machines differ.
  return `${time.toISOString()} (${formatDuration(Math.max(0, now.getTime() - time.getTime()))} ago)`;
}

/** The event's name, and names and values of what it carries; `null` where its data was gone. */
function contentOf({ fields, stream, nativeId }: DeadLetter): {
  readonly name?: string;
  readonly payload: readonly (readonly [name: string, value: unknown])[] | null;
} {
  if (!fields) return { payload: null };
  const content = deserialize(fields, stream, nativeId);
  if (content.kind === 'event') {
    const name = `${content.apiName}.${content.eventName}`;
    return { name, payload: Object.entries(content.parameters) };
  }
  const pairs = fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1]] as const] : []));
  return { payload: pairs };
}

function formatPayload(
  payload: readonly (readonly [name: string, value: unknown])[] | null,
  width: number,
): string[] {
  if (!payload) return ['    (its data was gone)'];
  const shown = payload.slice(0, PAYLOAD_LINES);
  const lines = shown.map(([name, value]) => brief(`${name}: ${textOf(value)}`, width - 4));
  const more = payload.length - shown.length;
  return [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].map((line) => `    ${line}`);
}

function textOf(value: unknown): string {
  try {
    return jsonText(value);
  } catch (error) {
    if (error instanceof RangeError) return '(nested too deeply)';
    throw error;
  }
}
