import { lengthOf } from '../pages.js';
import { eventNameOf, apiNameOf } from '../../wire/one-field.js';
import type { EntryHead, FoundHeads, HeadsOptions, RangeOptions, StoredEntry } from '../entries.js';

/** `EventStore.heads`, in memory: reads entry by entry, as it knows how large each is. */
export function headsOf(
  range: (options: RangeOptions) => readonly StoredEntry[],
  ranges: readonly RangeOptions[],
  { bytes }: Pick<HeadsOptions, 'bytes'>,
): FoundHeads {
  const found: { heads: EntryHead[]; isCut: boolean }[] = [];
  let [entries, read] = [0, 0];
  for (const options of ranges) {
    if (read >= bytes) break;
    const heads: EntryHead[] = [];
    const there = range(options);
    for (const { nativeId, fields } of there) {
      if (read >= bytes) break;
      const [apiName, eventName] = [apiNameOf(fields ?? []), eventNameOf(fields ?? [])].map(cut);
      heads.push({ nativeId, apiName: apiName ?? '', eventName: eventName ?? '' });
      read += lengthOf(fields ?? []);
    }
    entries += heads.length;
    found.push({ heads, isCut: heads.length < there.length });
  }
  return { ranges: found, entries, bytes: read };
}

/** As Redis cuts it: 200 bytes. */
function cut(text: string): string {
  return Buffer.from(text).subarray(0, 200).toString();
}
