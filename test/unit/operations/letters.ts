import type { DeadLetterSource } from '../../../lib/operations/read-dead-letters.js';
import { formatDeadLetter, formatReport } from '../../../lib/store/dead-letter.js';
import type { EventStore } from '../../../lib/store/event-store.js';

/** The dead-letter stream of a source. */
export function letterKey({ ref }: Pick<DeadLetterSource, 'ref'>): string {
  return `lightbus:dead_letters:{${ref.stream}}:${ref.group}`;
}

/** Fields of a dead letter as a listener stores them. */
export function letterFields(
  { ref }: Pick<DeadLetterSource, 'ref'>,
  nativeId: string,
  fields: readonly string[] = ['value', nativeId],
): string[] {
  const report = { listener: 'stock', reason: 'failed', message: 'no', attempts: 1 };
  const time = '2024-05-01T00:00:00.000Z';
  return formatDeadLetter(formatReport(report, { ...ref, nativeId, consumer: 'w1', time }), fields);
}

/** Puts entries on a source's dead-letter stream. @returns their ids. */
export function put(
  store: EventStore,
  source: Pick<DeadLetterSource, 'ref'>,
  ...entries: readonly (readonly string[])[]
): Promise<string[]> {
  return store.append(letterKey(source), entries, { maxLength: null, timeoutMs: 10_000 });
}

/** What is no dead letter. */
export const FOREIGN: readonly (readonly string[])[] = [
  ['value', '1'],
  ['dead_letter', 'null'],
  ['dead_letter', '{}'],
  ['dead_letter', '{"__proto__": {"nativeId": "1-1"}}'],
  ['dead_letter', '{"nativeId": 1, "stream": null, "time": []}'],
  ['dead_letter_packed', '{}', '', '{}'],
];
