import type { StandardSchemaV1 } from '@standard-schema/spec';

/** What a schema or an action of valibot holds that is looked at here. */
interface Part {
  readonly kind: 'schema' | 'transformation' | 'validation';
  readonly type: string;
  readonly pipe?: readonly Part[];
  readonly entries?: Readonly<Record<string, Part>>;
  readonly items?: readonly Part[];
  readonly wrapped?: Part;
  readonly requirement?: unknown;
  readonly default?: unknown;
}
type Json = Record<string, unknown>;
type Side = 'input' | 'output';
type Override = (context: Json) => void;
interface Options {
  readonly errorMode?: 'throw' | 'ignore';
  readonly overrideSchema?: Override;
  readonly overrideAction?: Override;
}

/**
 * A schema of valibot as `toStandardJsonSchema` of `@valibot/to-json-schema` 1.8 gives it, as far as tests need it: with
 * a JSON Schema, and without what valibot keeps of it.
 */
export function converted<T extends object>(
  schema: StandardSchemaV1<unknown, T>,
): StandardSchemaV1<unknown, T> {
  const convert =
    (side: Side) =>
    ({ libraryOptions }: { libraryOptions?: Options }) =>
      ofSchema(schema as unknown as Part, side, libraryOptions ?? {});
  const jsonSchema = { input: convert('input'), output: convert('output') };
  const standard: object = { ...schema['~standard'], jsonSchema };
  return { '~standard': standard } as StandardSchemaV1<unknown, T>;
}

function ofSchema(schema: Part, side: Side, options: Options): Json {
  if (!schema.pipe) return ofBareSchema(schema, side, options);
  const pipe = schema.pipe.flatMap((part) => part.pipe ?? part);
  const second = pipe
    .slice(1)
    .findIndex(({ kind, type }) => kind === 'schema' || type === 'transform');
  const last = pipe.findLastIndex(({ kind }) => kind === 'schema');
  const parts =
    side === 'output' ? pipe.slice(last) : second < 0 ? pipe : pipe.slice(0, second + 1);
  let json: Json = {};
  for (const part of parts) {
    if (part.kind === 'schema') json = ofBareSchema(part, side, options);
    else ofAction(part, json, options);
  }
  return json;
}

function ofBareSchema(schema: Part, side: Side, options: Options): Json {
  const { type, entries = {}, items = [], wrapped } = schema;
  const inner = (one: Part) => ofSchema(one, side, options);
  let json: Json = {};
  let errors: string[] | undefined;
  if (type === 'string' || type === 'number') json.type = type;
  else if (wrapped)
    json = { ...inner(wrapped), ...(schema.default !== undefined && { default: schema.default }) };
  else if (type.endsWith('object')) {
    const names = Object.entries(entries).filter(([, { type }]) => type !== 'optional');
    json = {
      type: 'object',
      properties: Object.fromEntries(
        Object.entries(entries).map(([name, one]) => [name, inner(one)]),
      ),
      required: names.map(([name]) => name),
    };
    if (type === 'strict_object') json.additionalProperties = false;
  } else if (type.endsWith('tuple')) {
    json = { type: 'array', items: items.map(inner), minItems: items.length };
    if (type === 'strict_tuple') json.additionalItems = false;
  } else errors = [`The "${type}" schema cannot be converted to JSON Schema.`];
  options.overrideSchema?.({ valibotSchema: schema, jsonSchema: json, errors });
  refuse(errors, options);
  return json;
}

function ofAction(action: Part, json: Json, options: Options): void {
  const { type, requirement } = action;
  let errors: string[] | undefined;
  if (type === 'min_length') json.minLength = requirement;
  else if (type === 'iso_date_time' || type === 'iso_timestamp') json.format = 'date-time';
  else if (requirement instanceof RegExp) {
    if (requirement.flags !== '') errors = ['RegExp flags are not supported by JSON Schema.'];
    json.pattern = requirement.source;
  } else errors = [`The "${type}" action cannot be converted to JSON Schema.`];
  options.overrideAction?.({ valibotAction: action, jsonSchema: json, errors });
  refuse(errors, options);
}

function refuse(errors: string[] | undefined, { errorMode = 'throw' }: Options): void {
  if (errors && errorMode === 'throw') throw new Error(errors[0]);
}
