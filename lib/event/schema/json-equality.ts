import type { Ajv } from 'ajv';

/** Whether two values are the same JSON, whatever the order of properties. */
export function isSame(a: unknown, b: unknown): boolean {
  return keyOf(a) === keyOf(b) || (Number.isNaN(a) && Number.isNaN(b));
}

/**
 * Makes a validator compare values as JSON. What Ajv compares with calls what objects have in the place of `toString` and
 * `valueOf`, and throws where that is no function: one value that somebody has sent would end the validation. It
 * compares items in pairs, too; this takes as long as the list is.
 *
 * @returns the same one, to be used before it compiles anything.
 */
export function compareAsJson(ajv: Ajv): Ajv {
  for (const keyword of ['const', 'enum', 'uniqueItems']) ajv.removeKeyword(keyword);
  ajv.addKeyword({
    keyword: 'const',
    error: { message: 'must be equal to constant' },
    compile: (constant: unknown) => oneOf([constant]),
  });
  ajv.addKeyword({
    keyword: 'enum',
    schemaType: 'array',
    error: { message: 'must be equal to one of the allowed values' },
    compile: oneOf,
  });
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must NOT have duplicate items' },
    compile: (isWanted: boolean) => (items: readonly unknown[]) =>
      !isWanted || new Set(items.map(keyOf)).size === items.length,
  });
  return ajv;
}

function oneOf(values: readonly unknown[]): (value: unknown) => boolean {
  const keys = new Set(values.map(keyOf));
  return (value) => keys.has(keyOf(value));
}

/** The same for the same JSON only. */
function keyOf(value: unknown): unknown {
  if (typeof value === 'string') return `"${value}`;
  return typeof value === 'object' && value !== null ? textOf(value) : value;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([name, item]) => `${JSON.stringify(name)}:${textOf(item)}`,
    );
    return `{${entries.sort().join()}}`;
  }
  // There is one zero.
  return typeof value === 'string' ? JSON.stringify(value) : String(value === 0 ? 0 : value);
}
