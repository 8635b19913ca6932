import { isRecord } from '../event/schema/json-value.js';
import { parse } from '../wire/json-reader.js';
import type { ApiSchema } from './bus-schema.js';

/** Longest text of an API's schema that is read, bytes. Those of a hundred events take a tenth of it. */
const LONGEST_SCHEMA = 1024 * 1024;

/** What a text says of an API, as it is published under `schema:<api>`; or, in words, why it is no schema of one. */
export function parseApiSchema(text: string): ApiSchema | string {
  if (text.length > LONGEST_SCHEMA) return 'it is longer than 1 MiB';
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    return 'it is no JSON';
  }
  return asApiSchema(value) ?? 'it is no schema of an API: {"events": {...}, "rpcs": {...}}';
}

/** A value, where it has the shape of an API's schema. */
export function asApiSchema(value: unknown): ApiSchema | undefined {
  if (!isRecord(value)) return undefined;
  const { events = {}, rpcs = {} } = value;
  return isRecord(events) && isRecord(rpcs) ? { events, rpcs } : undefined;
}
