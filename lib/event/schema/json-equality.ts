import type { Ajv } from 'ajv';
import { isRecord, isSame } from './json-value.js';

/**
 * Makes a validator compare objects as JSON. What Ajv compares with calls what objects have in the place of `toString`
 * and `valueOf`, and throws where that is no function: one value that somebody has sent would end the validation.
 *
 * @returns the same one, to be used before it compiles anything.
 */
export function compareAsJson(ajv: Ajv): Ajv {
  for (const keyword of ['const', 'enum', 'uniqueItems']) ajv.removeKeyword(keyword);
  ajv.addKeyword({
    keyword: 'const',
    error: { message: 'must be equal to constant' },
    compile: (constant: unknown) => (value: unknown) => isSame(value, constant),
  });
  ajv.addKeyword({
    keyword: 'enum',
    schemaType: 'array',
    error: { message: 'must be equal to one of the allowed values' },
    compile: (values: readonly unknown[]) => {
      const scalars = new Set(values.filter((value) => !isContainer(value)));
      const others = values.filter(isContainer);
      return (value: unknown) =>
        scalars.has(value) || (isContainer(value) && others.some((one) => isSame(one, value)));
    },
  });
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must NOT have duplicate items' },
    compile: (isWanted: boolean) => (items: readonly unknown[]) => !isWanted || areUnique(items),
  });
  return ajv;
}

function areUnique(items: readonly unknown[]): boolean {
  const containers = items.filter(isContainer);
  const scalars = items.filter((item) => !isContainer(item));
  return (
    new Set(scalars).size === scalars.length &&
    containers.every((one, i) => !containers.slice(0, i).some((other) => isSame(one, other)))
  );
}

function isContainer(value: unknown): boolean {
  return Array.isArray(value) || isRecord(value);
}
