import type { JsonSchema, JsonType } from './json-schema.js';

const TIGHTEST: Readonly<Partial<Record<keyof JsonSchema, (a: number, b: number) => number>>> = {
  minimum: Math.max,
  exclusiveMinimum: Math.max,
  minLength: Math.max,
  minItems: Math.max,
  maximum: Math.min,
  exclusiveMaximum: Math.min,
  maxLength: Math.min,
  maxItems: Math.min,
};

/** One schema for what several validators ask for. What contradicts is left out, never made stricter. */
export function combineKeywords(schemas: readonly JsonSchema[]): JsonSchema {
  return schemas.reduce(combineTwo, {});
}

function combineTwo(first: JsonSchema, second: JsonSchema): JsonSchema {
  const combined: Record<string, unknown> = { ...second, ...first };
  for (const [keyword, choose] of Object.entries(TIGHTEST)) {
    const [a, b] = [first, second].map((schema) => schema[keyword as keyof JsonSchema]);
    if (typeof a === 'number' && typeof b === 'number') combined[keyword] = choose(a, b);
  }
  if (first.type !== undefined && second.type !== undefined) {
    const types = commonTypes([first.type].flat(), [second.type].flat());
    if (types.length === 0) delete combined.type;
    else combined.type = types.length === 1 ? types[0] : types;
  }
  if (first.enum && second.enum) {
    const allowed = second.enum;
    const common = first.enum.filter((value) => allowed.includes(value));
    if (common.length === 0) delete combined.enum;
    else combined.enum = common;
  }
  return combined;
}

function commonTypes(first: readonly JsonType[], second: readonly JsonType[]): JsonType[] {
  const types = first.flatMap((type) => {
    if (second.includes(type)) return [type];
    if (type === 'number' && second.includes('integer')) return ['integer' as const];
    return type === 'integer' && second.includes('number') ? [type] : [];
  });
  return [...new Set(types)];
}
