import type { StandardSchemaV1 } from '@standard-schema/spec';
import { isDeepStrictEqual } from 'node:util';
import type { Unfit } from './unfit.js';
import { findInArkType } from './unfit-arktype.js';
import { findBySamples } from './unfit-sampled.js';
import { findInValibot } from './unfit-valibot.js';
import { findInZod } from './unfit-zod.js';
import { findInZod3 } from './unfit-zod3.js';
import { converterOf } from './published-form.js';

const VENDORS: Readonly<Record<string, (schema: unknown) => Unfit[] | undefined>> = {
  zod: (schema) => findInZod(schema) ?? findInZod3(schema),
  valibot: findInValibot,
  arktype: findInArkType,
};

/**
 * Why a schema can't say what an event is, in sentences: it would change valid values (transforms, defaults, coercion),
 * or holds what JSON can't carry back. Of zod, valibot and arktype their own structure says it; of others, that their
 * JSON Schemas of what goes in and of what comes out differ, and that they change samples. What is not seen here is
 * refused when it is fired.
 *
 * @throws what the schema's own functions throw: one that names what is not there yet.
 */
export function findUnfit(name: string, schema: StandardSchemaV1): string[] {
  const { vendor } = schema['~standard'];
  const find = Object.hasOwn(VENDORS, vendor) ? VENDORS[vendor] : undefined;
  const unfit = find?.(schema) ?? [...findByJsonSchema(schema), ...findBySamples(schema)];
  const changing = unfit.filter(({ how }) => how === 'changes').map(described);
  const uncarried = unfit.filter(({ how }) => how === 'uncarried').map(described);
  return [
    ...(changing.length === 0
      ? []
      : [
          `'${name}' can't be an event of this ${vendor} schema, which changes valid values: ${changing.join(', ')}. ` +
            'What is stored must be what was given, as nothing would change it back. Let the schema only check, ' +
            'and change values before they are fired.',
        ]),
    ...(uncarried.length === 0
      ? []
      : [
          `'${name}' can't be an event of this ${vendor} schema, which holds what JSON can't carry back: ` +
            `${uncarried.join(', ')}. Give it the text or the number that stands for it: a date as text of ISO 8601.`,
        ]),
  ];
}

function described({ path, what }: Unfit): string {
  return path.length === 0 ? what : `${what} at ${path.join('.')}`;
}

function findByJsonSchema(schema: StandardSchemaV1): Unfit[] {
  const converter = converterOf(schema);
  if (!converter) return [];
  const change = (what: string): Unfit[] => [{ path: [], what, how: 'changes' }];
  // A library may have one of them only.
  const described = (side: 'input' | 'output') => {
    for (const target of ['draft-07', 'draft-2020-12'] as const) {
      try {
        return converter[side]({ target });
      } catch {
        // That it says nothing is told where it is published.
      }
    }
    return undefined;
  };
  const [input, output] = [described('input'), described('output')];
  if (input === undefined) return [];
  if (output === undefined) return change('what comes out is no JSON Schema, and what goes in is');
  const differs = !isDeepStrictEqual(comparable(input), comparable(output));
  return differs ? change('what goes in and what comes out are described differently') : [];
}

/** Without what says only that unknown properties are taken out. */
function comparable(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(comparable);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key, value]) => !(key === 'additionalProperties' && value === false))
      .map(([key, value]) => [key, comparable(value)]),
  );
}
