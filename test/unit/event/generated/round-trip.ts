import type { Type } from '@nestjs/common';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage } from 'class-validator';
import { Event } from 'nestjs-lightbus';
import { getEventDefinition } from '../../../../lib/event/event.decorator.js';
import { parse } from '../../../../lib/wire/json-reader.js';
import { eventSchema } from '../../../../lib/schema/bus-schema.js';
import type { Application } from './application.js';
import { isSame, show } from './sameness.js';

const ajv = addFormats.default(new Ajv({ strict: false, code: { optimize: false } }));
let count = 0;

/** Makes a generated class an event, of an API of its own. */
export function makeEvent(type: Type<object>): Type<object> {
  Event(`generated.api${++count}.happened`)(type);
  return type;
}

/** The same, registered with a running application. */
export function register({ registry }: Application, type: Type<object>): Type<object> {
  registry.register([makeEvent(type)]);
  return type;
}

/** Forgets what the decorators of generated classes recorded: both libraries search through all of it. */
export function forget(): void {
  (
    getMetadataStorage() as unknown as { validationMetadatas: Map<unknown, unknown> }
  ).validationMetadatas.clear();
  (defaultMetadataStorage as unknown as { clear(): void }).clear();
}

/** The parameters of every stored event of a class, by entry, as they are read. */
export async function storedOf({ stores }: Application, type: Type<object>) {
  const { apiName } = getEventDefinition(type)!;
  const { store } = stores.forApi(apiName);
  const range = { start: '-', end: '+', count: 100 };
  const entries = await store.range(`${apiName}.*:stream`, range);
  return entries.map(({ fields }) => parametersOf(fields ?? []));
}

function parametersOf(fields: readonly string[]): Record<string, unknown> {
  const parameters: [string, unknown][] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    if (name.startsWith(':')) parameters.push([name.slice(1), parse(fields[i + 1]!)]);
  }
  return Object.fromEntries(parameters);
}

/** What the published schema of the class finds wrong with stored parameters. */
export function schemaChecker(type: Type<object>): (stored: unknown) => string | undefined {
  const schema = eventSchema(getEventDefinition(type)!).parameters;
  const isValid = ajv.compile(schema);
  ajv.removeSchema(schema);
  return (stored) =>
    isValid(asNumbers(stored))
      ? undefined
      : `${show(stored)} breaks the schema ${JSON.stringify(schema)}: ${ajv.errorsText(isValid.errors)}`;
}

// To Ajv, a bigint is no number.
function asNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(asNumbers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, asNumbers(each)]));
}

/** The payloads of a class's stored events, from history. */
export async function historyOf({ bus }: Application, type: Type<object>): Promise<object[]> {
  const payloads: object[] = [];
  for await (const { payload } of bus.history(type)) payloads.push(payload);
  return payloads;
}

/** @throws Error that shows both where they are not the same. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  if (isSame(actual, expected)) return;
  throw new Error(`${what}:\n${show(actual)}\nexpected:\n${show(expected)}`);
}
