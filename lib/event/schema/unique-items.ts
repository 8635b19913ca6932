import type { Ajv, FuncKeywordDefinition } from 'ajv';

/**
 * Ajv's `uniqueItems`, for items of any names: its own calls what items have in the place of `toString` and `valueOf`, and
 * takes as long as the square of a list's length.
 */
export function addUniqueItems(ajv: Ajv): void {
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword(KEYWORD);
}

const KEYWORD: FuncKeywordDefinition = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  compile: (isUnique: boolean) => {
    if (!isUnique) return () => true;
    return (items: readonly unknown[]) => new Set(items.map(textOf)).size === items.length;
  },
  error: { message: 'must NOT have duplicate items' },
};

/** The same for values that are equal by JSON Schema, whatever the order of their properties. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([name, item]) => `${JSON.stringify(name)}:${textOf(item)}`,
    );
    return `{${entries.sort().join()}}`;
  }
  if (typeof value === 'string') return JSON.stringify(value);
  // There is one zero.
  return value === 0 ? '0' : String(value);
}
