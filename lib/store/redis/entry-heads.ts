import type { EntryHead, FoundHeads, HeadsOptions, RangeOptions } from '../entries.js';
import type { Script } from '../../redis/script.js';
import { HEADS } from './scripts.generated.js';

/** Runs a script about a stream. */
export type RunScript = (
  script: Script,
  keys: readonly [stream: string],
  args: readonly (string | number)[],
) => Promise<unknown>;

/** See `lua/heads.lua`. */
type Reply = [entries: number, bytes: number, ...ranges: [isCut: number, ...texts: string[]][]];

/** `EventStore.heads`, on Redis: one script. */
export async function readHeads(
  stream: string,
  ranges: readonly RangeOptions[],
  { bytes, entryBytes = 0 }: HeadsOptions,
  run: RunScript,
): Promise<FoundHeads> {
  const asked = ranges.flatMap(({ start, end, count, reverse }) => [
    ...[start, end],
    Math.min(count, 1e9),
    reverse ? 1 : 0,
  ]);
  const reply = (await run(HEADS, [stream], [bytes, entryBytes, ...asked])) as Reply;
  const [entries, read, ...found] = reply;
  return {
    entries,
    bytes: read,
    ranges: found.map(([isCut, ...texts]) => ({ heads: headsIn(texts), isCut: isCut === 1 })),
  };
}

function headsIn(texts: readonly string[]): EntryHead[] {
  const heads: EntryHead[] = [];
  for (let i = 0; i < texts.length; i += 3) {
    const [nativeId = '', apiName = '', eventName = ''] = texts.slice(i, i + 3);
    heads.push({ nativeId, apiName, eventName });
  }
  return heads;
}
