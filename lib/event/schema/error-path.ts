import type { ErrorObject } from 'ajv';

/** Where a finding of Ajv is: names and indexes, from what was validated on. A property that should be there, or should not, is the last. */
export function pathOf({ instancePath, params }: ErrorObject): string[] {
  const path = instancePath
    .split('/')
    .slice(1)
    // A JSON pointer.
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const { missingProperty, additionalProperty } = params as Readonly<Record<string, unknown>>;
  const named = missingProperty ?? additionalProperty;
  if (typeof named === 'string') path.push(named);
  return path;
}
