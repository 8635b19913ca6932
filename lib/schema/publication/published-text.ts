import { isRecord } from '../../event/schema/json-value.js';
import { parse } from '../../wire/json-reader.js';
import { stringify } from '../../wire/json-writer.js';
import type { ApiSchema } from '../bus-schema.js';

/** Longer texts are taken for no schema: they may come from anybody. Bytes. */
export const LONGEST_PUBLISHED = 16 * 1024 * 1024;

/** What is nested deeper is no schema either: Python ends at about a thousand levels. */
const MOST_LEVELS = 500;

/** What is stored as the schema of an API; `undefined` where it is none: no JSON, another shape, or far too long or deep. */
export function readPublished(text: string): ApiSchema | undefined {
  if (text.length > LONGEST_PUBLISHED) return undefined;
  try {
    const value = parse(text);
    if (!isRecord(value) || isTooDeep(text)) return undefined;
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

/** Of a text that is JSON: by its brackets, those within strings left out. */
function isTooDeep(text: string): boolean {
  let level = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{]|[\]}]/gs)) {
    if (token === '[' || token === '{') level++;
    else if (token === ']' || token === '}') level--;
    if (level > MOST_LEVELS) return true;
  }
  return false;
}
