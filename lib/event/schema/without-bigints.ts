/**
 * What was read from the wire, with the nearest number in the place of each bigint: JSON Schema knows numbers, and its
 * validators no bigints.
 *
 * @param value as the JSON reader gives it. It is not changed.
 */
export function withoutBigints(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutBigints);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withoutBigints(item)]),
  );
}
