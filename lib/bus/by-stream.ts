import type { PreparedEvent } from './fired-message.js';

/** Events of one stream, at least one. */
export type StreamGroup = [PreparedEvent, ...PreparedEvent[]];

/** The events of each stream, in the order of their first ones. */
export function byStream(prepared: readonly PreparedEvent[]): [string, StreamGroup][] {
  const groups = new Map<string, StreamGroup>();
  for (const one of prepared) {
    const group = groups.get(one.stream);
    if (group) group.push(one);
    else groups.set(one.stream, [one]);
  }
  return [...groups];
}
