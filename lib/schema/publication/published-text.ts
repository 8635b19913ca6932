import { isRecord } from '../compatibility/schema-value.js';
import { parse } from '../../wire/json-reader.js';
import { stringify } from '../../wire/json-writer.js';
import type { ApiSchema } from '../bus-schema.js';

/** Longer texts are taken for no schema: they may come from anybody. Bytes. */
const LONGEST = 16 * 1024 * 1024;

/** What is stored as the schema of an API; `undefined` where it is none: no JSON, another shape, or far too long. */
export function readPublished(text: string): ApiSchema | undefined {
  if (text.length > LONGEST) return undefined;
  try {
    const value = parse(text);
    if (!isRecord(value)) return undefined;
    const { events = {}, rpcs = {} } = value;
    if (!isRecord(events) || !isRecord(rpcs)) return undefined;
    const api = { ...value, events, rpcs };
    // What is nested too deeply to be written again can't be kept.
    stringify(api);
    return api;
  } catch {
    return undefined;
  }
}
