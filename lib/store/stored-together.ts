import { inContext } from '../redis/in-context.js';
import { unlessAborted } from '../timing/unless-aborted.js';
import { compareEntryIds } from '../wire/entry-id.js';
import { requireStored } from './history-guard.js';
import type { HistorySource } from './history-source.js';
import { parseEnd } from './positions.js';
import { readStream, type HistoryPages, type HistoryRange } from './read-history.js';

/**
 * How often is looked at most. What is stored meanwhile is above the bound after a millisecond; only below an id of
 * the future, as somebody may have given one, it never is.
 */
const MOST_LOOKS = 20;

/** A stream, and the last entry that is to be read of it. */
interface Extent extends HistorySource {
  readonly newest: string;
}

/**
 * The histories of several streams, each up to where it was at one and the same instant. Read one after the other,
 * each to its end, they would have what was stored on one while another was read, and not what that follows.
 *
 * That instant is found without a clock: between two looks that found the same on all of them. (Of several Redis
 * servers as far as their clocks agree: the looks have one upper bound.)
 *
 * @param sources the streams as things stand; asked for with each look, so that one that is new is among them.
 * @throws TransportError, the signal's reason; and what reading throws.
 */
export async function readTogether(
  sources: () => Promise<readonly HistorySource[]>,
  range: HistoryRange,
): Promise<HistoryPages[]> {
  const extents = await storedTogether(sources, range);
  return extents.map((extent) => readExtent(extent, { ...range, streamCount: extents.length }));
}

async function storedTogether(
  sources: () => Promise<readonly HistorySource[]>,
  { end, signal }: HistoryRange,
): Promise<Extent[]> {
  let found = await look(await unlessAborted(sources(), signal), end, signal);
  const last = found
    .map(({ newest }) => newest)
    .sort(compareEntryIds)
    .at(-1);
  if (last === undefined) return [];
  // The whole millisecond: what was stored then is not in order among the streams.
  const [ms = ''] = last.split('-');
  const bound = parseEnd(end) < parseEnd(ms) ? end : ms;
  for (let looks = 1; looks < MOST_LOOKS; looks++) {
    const again = await look(await unlessAborted(sources(), signal), bound, signal);
    if (describe(again) === describe(found)) break;
    found = again;
  }
  return found;
}

async function look(
  sources: readonly HistorySource[],
  end: string,
  signal: AbortSignal | undefined,
): Promise<Extent[]> {
  const page = { start: '-', end, count: 1, reverse: true };
  const looking = sources.map(async (source) => {
    const { store, stream } = source;
    const reading = store.range(stream, page);
    const [entry] = await inContext(`Reading '${stream}'`, store.description, reading);
    return entry ? [{ ...source, newest: entry.nativeId }] : [];
  });
  return (await unlessAborted(Promise.all(looking), signal)).flat();
}

function describe(extents: readonly Extent[]): string {
  return JSON.stringify(extents.map(({ stream, newest }) => [stream, newest]));
}

async function* readExtent({ store, stream, newest }: Extent, range: HistoryRange): HistoryPages {
  let isComplete = false;
  for await (const page of readStream(store, stream, { ...range, end: newest })) {
    if (page.some(({ nativeId }) => nativeId === newest)) isComplete = true;
    yield page;
  }
  if (isComplete) return;
  const looking = requireStored(store, stream, newest);
  const told = inContext(`Reading '${stream}'`, store.description, looking);
  await unlessAborted(told, range.signal);
}
