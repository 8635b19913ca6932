/**
 * Redis keys that this module adds. All start with `lightbus:`, and those about a stream carry its
 * name as their hash tag, so that on a Cluster they live in the stream's slot and one script may use both.
 * (Names of the streams themselves are Lightbus's: see `wire/stream-names.ts`; those of dead-letter
 * streams, which every store has, are in `dead-letter.ts`.)
 */
import type { GroupRef } from '../consumer-groups.js';

import { streamName } from '../../wire/stream-names.js';

/** Hash of one consumer group on one stream: its state, beyond what Redis itself keeps. */
export function groupKey({ stream, group }: GroupRef): string {
  return `lightbus:group:{${stream}}:${group}`;
}

/** Says that a process lives. Belongs to no stream. */
export function processKey(token: string): string {
  return `lightbus:process:{${token}}`;
}

/** What keys that are rung begin with. */
export const BELL_PREFIX = 'lightbus:bell:{';

/**
 * Counts how often entries of a stream were handed back, so that those who listen to it look for entries to
 * take over.
 */
export function bellKey(stream: string): string {
  return `${BELL_PREFIX}${stream}}`;
}

/** The stream that such a key is about; `undefined` where it is none. */
export function streamOfBell(key: string): string | undefined {
  return key.startsWith(BELL_PREFIX) ? key.slice(BELL_PREFIX.length, -1) : undefined;
}

/** Says, for a while, where an event is that was fired under an id of the caller's choice. */
export function onceKey(stream: string, eventName: string, id: string): string {
  return `lightbus:once:{${stream}}:${eventName}:${id}`;
}

/** What scripts about which entries of a stream are about which entity work on (see `lua/includes/index-keys.lua`). */
export type IndexKeys = readonly [stream: string, index: string, told: string];

/** See {@link IndexKeys}. */
export function indexKeys(stream: string): IndexKeys {
  return [stream, `lightbus:index:{${stream}}`, `lightbus:keys:{${stream}}`];
}

/** Keeps a state that was made of events of the stream, for a while. */
export function snapshotKey(stream: string, name: string): string {
  return `lightbus:snapshot:{${stream}}:${name}`;
}

/** Set of an API's streams of single events (`per_event`), as far as our processes know them. */
export function announcedKey(apiName: string): string {
  return `lightbus:streams:{${streamName(apiName, '*', 'per_api')}}`;
}

/** Which process looks at all keys for all processes, for a while. Belongs to no stream, either. */
export const SCAN_TURN_KEY = 'lightbus:scan';

/** A key without meaning, written so that replicas have something to confirm. */
export function replicationKey(stream: string): string {
  return `lightbus:replication:{${stream}}`;
}
