import { reasonOf } from '../reason.js';
import { compileSchema } from './compile-schema.js';
import { withExactMultiples } from './exact-multiples.js';
import { faultOfFormat, faultOfKeyword } from './given-keywords.js';
import type { JsonSchema } from './json-schema.js';
import { portablePattern } from './pattern/portable-pattern.js';
import { plainJson } from './json-copy.js';

/** Keywords that hold schemas by names that are no keywords. */
const NAMED: ReadonlySet<string> = new Set(['properties', 'dependencies', 'definitions']);
/** Keywords that hold values, which may look like schemas. */
const VALUES: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples']);

/**
 * A copy of a schema that an application has written, its patterns as all readers understand them.
 *
 * @param refuse is told what is wrong with it, in words, and throws.
 */
export function modelText(schema: unknown, refuse: (fault: string) => never): JsonSchema {
  const copy = plainJson(schema, refuse);
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) {
    return refuse('it is no object with keywords of JSON Schema');
  }
  const portable = inSchema(copy, refuse);
  try {
    compileSchema(portable, { isStrict: true });
  } catch (error) {
    refuse(`it is no JSON Schema of draft 7 (${reasonOf(error)})`);
  }
  return portable;
}

function inSchema(schema: object, refuse: (fault: string) => never): JsonSchema {
  const entries = Object.entries(schema).map(([keyword, value]: [string, unknown]) => {
    const fault =
      faultOfKeyword(keyword) ?? (keyword === 'format' ? faultOfFormat(value) : undefined);
    if (fault !== undefined) refuse(fault);
    if (keyword === 'required') refuseUnreadable(value, refuse);
    if (keyword === 'pattern') return [keyword, patternOf(value, refuse)] as const;
    if (keyword === 'enum' || keyword === 'const') refuseUnreadableIn(value, refuse);
    if (VALUES.has(keyword)) return [keyword, value] as const;
    return [keyword, inside(keyword, value, refuse)] as const;
  });
  return withContainsApart(withExactMultiples(Object.fromEntries(entries)));
}

/** Beside a list of `items`, Ajv forgets what `contains` says of lists that are shorter. */
function withContainsApart(schema: JsonSchema & { readonly contains?: JsonSchema }): JsonSchema {
  const { contains, ...others } = schema;
  if (contains === undefined || !Array.isArray(others.items)) return schema;
  return { ...others, allOf: [...(others.allOf ?? []), { contains }] };
}

function inside(keyword: string, value: unknown, refuse: (fault: string) => never): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return value.map((each: unknown) =>
      typeof each === 'object' && each !== null ? inSchema(each, refuse) : each,
    );
  }
  if (!NAMED.has(keyword) && keyword !== 'patternProperties') return inSchema(value, refuse);
  refuseUnreadable(Object.keys(value), refuse);
  if (keyword === 'dependencies') {
    for (const names of Object.values(value)) refuseUnreadable(names, refuse);
  }
  const entries = Object.entries(value).map(([name, each]: [string, unknown]) => [
    keyword === 'patternProperties' ? patternOf(name, refuse) : name,
    inside('', each, refuse),
  ]);
  return Object.fromEntries(entries);
}

// Ajv finds what all objects have by themselves, as `constructor`, in each of them.
function refuseUnreadable(names: unknown, refuse: (fault: string) => never): void {
  if (!Array.isArray(names)) return;
  const texts = (names as unknown[]).filter((name) => typeof name === 'string');
  const unreadable = texts.find((name) => name in Object.prototype);
  if (unreadable !== undefined) {
    refuse(
      `it names the property '${unreadable}', which all objects of JavaScript have: not all validators look at it`,
    );
  }
}

/** The same for the objects that values are compared with. */
function refuseUnreadableIn(value: unknown, refuse: (fault: string) => never): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) refuseUnreadable(Object.keys(value), refuse);
  for (const each of Object.values(value)) refuseUnreadableIn(each, refuse);
}

function patternOf(pattern: unknown, refuse: (fault: string) => never): string {
  if (typeof pattern !== 'string') return refuse('it has a pattern that is no text');
  let expression: RegExp;
  try {
    // As JSON Schema wants it.
    expression = new RegExp(pattern, 'u');
  } catch (error) {
    return refuse(`its pattern is no regular expression (${reasonOf(error)})`);
  }
  const portable = portablePattern(expression);
  if (!portable) {
    return refuse(
      `its pattern ${JSON.stringify(pattern)} has no form that JavaScript and Python both understand`,
    );
  }
  return portable.pattern;
}
