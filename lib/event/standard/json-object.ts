/** A JSON object, such as a JSON Schema. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is one, and no list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
