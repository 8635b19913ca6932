/** Bytes of the names and values of an entry. */
export function entryBytes(fields: readonly string[]): number {
  return fields.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
