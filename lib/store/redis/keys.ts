/**
 * Redis keys that this module adds. All start with `lightbus:` and carry a stream's name as their
 * hash tag, so that on a Cluster they live in the stream's slot and one script may use both.
 * (Names of the streams themselves are Lightbus's: see `wire/stream-names.ts`; those of dead-letter
 * streams, which every store has, are in `dead-letter.ts`.)
 */

import { streamName } from '../../wire/stream-names.js';

/** Hash of one consumer group on one stream: up to where all is done, and what is lost. See `lua/includes/settle.lua`. */
export function positionKey(stream: string, group: string): string {
  return `lightbus:position:{${stream}}:${group}`;
}

/** The lease of one process on one consumer's name. */
export function leaseKey(stream: string, group: string, consumer: string): string {
  // Both names are free text: ('a', 'b:c') is not ('a:b', 'c').
  const escaped = group.replace(/[%:]/g, encodeURIComponent);
  return `lightbus:lease:{${stream}}:${escaped}:${consumer}`;
}

/** Says, for a while, where an event is that was fired under an id of the caller's choice. */
export function onceKey(stream: string, eventName: string, id: string): string {
  return `lightbus:once:{${stream}}:${eventName}:${id}`;
}

/** Set of an API's streams of single events (`per_event`), as far as our processes know them. */
export function announcedKey(apiName: string): string {
  return `lightbus:streams:{${streamName(apiName, '*', 'per_api')}}`;
}

/** Which process looks at all keys for all processes, for a while. The one key of ours that belongs to no stream. */
export const SCAN_TURN_KEY = 'lightbus:scan';

/** A key without meaning, written so that replicas have something to confirm. */
export function replicationKey(stream: string): string {
  return `lightbus:replication:{${stream}}`;
}
