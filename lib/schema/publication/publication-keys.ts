/**
 * Keys of published schemas. `schema:<api>` and `schemas` are Lightbus's; what this module adds has the name of the first
 * as its hash tag, so that on a Cluster they live in one slot and one script may use both.
 */

/** Set of the names of all APIs that were ever published; never pruned. */
export const NAMES_KEY = 'schemas';

/** The schema of an API, while somebody publishes it. */
export function schemaKey(apiName: string): string {
  return `schema:${apiName}`;
}

/** Hash: by event, what was published last, and by whom. Outlives the schema. */
export function recordsKey(apiName: string): string {
  return `lightbus:schemas:{${schemaKey(apiName)}}`;
}

/** Stream: each description that an event was ever given. */
export function historyKey(apiName: string): string {
  return `lightbus:schema_history:{${schemaKey(apiName)}}`;
}

/** Says that a process with this token publishes the schema of an API. */
export function publisherKey(apiName: string, token: string): string {
  return `lightbus:publisher:{${schemaKey(apiName)}}:${token}`;
}
