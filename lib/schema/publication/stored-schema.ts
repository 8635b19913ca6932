/** What is stored of an API. */
export interface StoredSchema {
  /** By it a change is seen; `''` for nothing. */
  readonly sign: string;
  /** `null` for nothing, and for what is no text, or too long to be read. */
  readonly text: string | null;
  /** By event, who described it last: as it is stored, and its sha1. */
  readonly records: ReadonlyMap<string, { readonly text: string; readonly sha: string }>;
  /** Keys of this module under which somebody else has stored something of another type. */
  readonly otherKinds: readonly string[];
}

/**
 * What the script READ_SCHEMA has replied.
 *
 * @param names of the events that were asked for.
 * @param keys of what stands beside the schema, as they were given to the script.
 */
export function storedSchema(
  reply: unknown,
  names: readonly string[],
  keys: readonly string[],
): StoredSchema {
  const [sign, text, ...rest] = Array.isArray(reply) ? (reply as unknown[]) : [];
  const found = rest.slice(keys.length);
  const records = names.flatMap((name, i) => {
    const [record, sha] = [found[2 * i], found[2 * i + 1]];
    return typeof record === 'string' ? [[name, { text: record, sha: String(sha) }] as const] : [];
  });
  return {
    sign: String(sign),
    text: typeof text === 'string' ? text : null,
    records: new Map(records),
    otherKinds: keys.filter((_, i) => rest[i] === 1),
  };
}
