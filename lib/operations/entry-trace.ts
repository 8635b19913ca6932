import type { HistorySource } from '../store/history-source.js';
import { measureEntry } from '../store/pages.js';
import { mergeHistories, readStream, type SourceEntry } from '../store/read-history.js';
import type { DecodedEvent } from '../wire/by-field.js';
import { compareEntryIds, entryTime } from '../wire/entry-id.js';
import { timeOfEventId } from '../wire/event-id.js';
import { collectTrace } from './trace.js';
import { traceTree, type TraceNode } from './trace-tree.js';

/** How many entries are looked at from each of the points where the trace may be, and of how many characters. */
const MOST_ENTRIES = 700;
const MOST_LENGTH = 2_000_000;

/** What was found of a trace. */
export interface NearbyTrace {
  readonly nodes: readonly TraceNode[];
  /** Whether nothing can have been missed. */
  readonly isWhole: boolean;
}

/**
 * What has caused an event, what it has caused, and what else belongs to it, as far as that is near: from when it was
 * stored on, and from when the ids say that its cause and the first event of its trace were made. Costs the same however
 * long the streams are; `lightbus inspect --trace` reads all.
 *
 * @throws TransportError
 */
export async function readNearbyTrace(
  streams: readonly HistorySource[],
  nativeId: string,
  { id, side }: Pick<DecodedEvent, 'id' | 'side'>,
): Promise<NearbyTrace> {
  const own = entryTime(nativeId).getTime();
  const ids = [id, side?.causationId, side?.correlationId];
  // Ids of others say no time, and those of ours none where Redis had not told it.
  const times = ids.map((one) => timeOfEventId(one ?? '')).filter((time) => time && time < own);
  const starts = [...new Set([...(times as number[]), own])].sort((a, b) => a - b);
  const { entries, isWhole } = await readFrom(streams, starts);
  const { events } = await collectTrace(side?.correlationId ?? id, (reverse) =>
    onePage(reverse ? [...entries].reverse() : entries),
  );
  const isCauseKnown = ids.every((one) => one === undefined || events.some((e) => e.id === one));
  return { nodes: [...traceTree(events)], isWhole: isWhole && isCauseKnown };
}

async function* onePage(entries: readonly SourceEntry[]) {
  yield await Promise.resolve(entries);
}

/** Entries from each of these times on, each once. */
async function readFrom(
  streams: readonly HistorySource[],
  starts: readonly number[],
): Promise<{ entries: SourceEntry[]; isWhole: boolean }> {
  const entries: SourceEntry[] = [];
  let hasGaps = false;
  for (const start of starts) {
    const after = entries.at(-1)?.nativeId;
    const from = `${start}-0`;
    // What was read up to here begins earlier and goes on behind it.
    const isRead = after !== undefined && compareEntryIds(after, from) >= 0;
    hasGaps ||= after !== undefined && !isRead;
    if (await readSome(streams, isRead ? `(${after}` : from, entries)) {
      return { entries, isWhole: !hasGaps };
    }
  }
  return { entries, isWhole: false };
}

/** @returns whether these were all that there are from there on. */
async function readSome(
  streams: readonly HistorySource[],
  start: string,
  into: SourceEntry[],
): Promise<boolean> {
  const range = { start, end: '+', reverse: false, streamCount: streams.length };
  const histories = streams.map(({ store, stream }) => readStream(store, stream, range));
  let [count, length] = [0, 0];
  for await (const page of mergeHistories(histories, false)) {
    for (const entry of page) {
      if (count >= MOST_ENTRIES || length >= MOST_LENGTH) return false;
      into.push(entry);
      count++;
      length += measureEntry(entry).length;
    }
  }
  return true;
}
