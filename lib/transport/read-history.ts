import { deserialize, type DecodedEntry } from '../wire/by-field.js';
import { compareEntryIds, entryTime } from '../wire/entry-id.js';
import type { EventTransport } from './transport.js';

/** How many entries one read fetches: bounds the memory of a reader, whatever the stream's length. */
const PAGE = 100;

/** What to read of a stream. Ids are inclusive; `-` is the first entry, `+` the last. */
export interface HistoryRange {
  readonly start: string;
  readonly end: string;
  readonly reverse: boolean;
  readonly signal?: AbortSignal;
}

/** An entry of a stream's history, deserialised. */
export interface HistoricEntry {
  readonly stream: string;
  readonly nativeId: string;
  readonly timestamp: Date;
  readonly content: DecodedEntry;
}

/**
 * Reads the history of streams as one, in the order of the entry ids. Fetches page by page, as fast
 * as the entries are consumed.
 *
 * @throws the signal's reason when it is aborted; `TransportError` from the transport.
 */
export function readHistory(
  transport: EventTransport,
  streams: readonly string[],
  range: HistoryRange,
): AsyncGenerator<HistoricEntry, void, void> {
  const histories = streams.map((stream) => readStream(transport, stream, range));
  return mergeHistories(histories, range.reverse);
}

/**
 * Merges histories, each in the order of its entry ids, into one. Ids of several Redis servers are
 * comparable as far as their clocks agree.
 */
export async function* mergeHistories(
  histories: readonly AsyncGenerator<HistoricEntry, void, void>[],
  reverse: boolean,
): AsyncGenerator<HistoricEntry, void, void> {
  const direction = reverse ? -1 : 1;
  const heads = await Promise.all(histories.map((history) => history.next()));
  for (;;) {
    let oldest = -1;
    let entry: HistoricEntry | undefined;
    heads.forEach(({ value, done }, i) => {
      if (done || !value) return;
      if (entry && direction * compareEntryIds(value.nativeId, entry.nativeId) >= 0) return;
      oldest = i;
      entry = value;
    });
    const history = histories[oldest];
    if (!entry || !history) return;
    yield entry;
    heads[oldest] = await history.next();
  }
}

/** What a promise resolves to. @throws the signal's reason as soon as it is aborted. */
export async function unlessAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}

async function* readStream(
  transport: EventTransport,
  stream: string,
  { start, end, reverse, signal }: HistoryRange,
): AsyncGenerator<HistoricEntry, void, void> {
  let range = { start, end };
  for (;;) {
    signal?.throwIfAborted();
    const reading = transport.range(stream, { ...range, count: PAGE, reverse });
    const page = await unlessAborted(reading, signal);
    for (const { nativeId, fields } of page) {
      signal?.throwIfAborted();
      const content = deserialize(fields ?? [], stream, nativeId);
      yield { stream, nativeId, timestamp: entryTime(nativeId), content };
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    range = reverse ? { start, end: `(${last.nativeId}` } : { start: `(${last.nativeId}`, end };
  }
}
