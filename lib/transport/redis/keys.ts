/**
 * Redis keys that this module adds. All start with `lightbus:` and carry the stream's name as their
 * hash tag, so that on a Cluster they live in the stream's slot and one script may use both.
 * (Names of the streams themselves are Lightbus's: see `wire/stream-names.ts`.)
 */

/** The dead-letter stream of one consumer group on one stream. */
export function deadLetterKey(stream: string, group: string): string {
  return `lightbus:dead_letters:{${stream}}:${group}`;
}
