import { isRecord } from '../../event/schema/json-value.js';
import { parse } from '../../wire/json-reader.js';
import { stringify } from '../../wire/json-writer.js';
import { LONGEST_PUBLISHED } from './published-text.js';

/** Who publishes. */
export interface Publisher {
  readonly service: string;
  readonly process: string;
  /** The same for all processes of a service that describe the API alike: that one of them publishes is known by it. */
  readonly token: string;
  /** When it began to publish the API: of two processes, the later one's is larger. By Redis's time, ms. */
  readonly start: number;
}

/** What was published of an event, and by whom. */
export interface PublishedRecord extends Publisher {
  readonly version: number;
  /** As it stands in the schema of the API. */
  readonly description: unknown;
}

/** A record as it is stored. */
export function writeRecord(record: PublishedRecord): string {
  return stringify(record);
}

/** A stored record; `undefined` for what is none: anybody may have written it. */
export function readRecord(text: string): PublishedRecord | undefined {
  if (text.length > LONGEST_PUBLISHED) return undefined;
  let value: unknown;
  try {
    value = parse(text);
    // What is nested too deeply to be written can't be compared.
    stringify(value);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { service, process, token, start, version, description } = value;
  if (typeof service !== 'string' || typeof process !== 'string' || typeof token !== 'string') {
    return undefined;
  }
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(version)) return undefined;
  return {
    ...{ service, process, token, description },
    ...{ start: Number(start), version: Number(version) },
  };
}
