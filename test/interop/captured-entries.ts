/** Entries that Python Lightbus and others have put on real streams; see `test/fixtures/wire`. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One entry, and what becomes of it. */
export interface CapturedEntry {
  /** Says which case it is; unique. */
  readonly name: string;
  readonly stream: string;
  /** Names and values, flat; a Buffer where they are no valid UTF-8. */
  readonly fields: readonly (string | Buffer)[];
  readonly expected: 'event' | 'noop' | 'malformed';
}

/** An entry of `events.json`: Python fired it, or made it when it opened the stream. */
export interface FiredEntry {
  readonly name: string;
  readonly stream: string;
  readonly id: string;
  readonly fields: readonly string[];
  /** `repr()` of each argument that a Python listener got, by name. */
  readonly received?: Readonly<Record<string, string>>;
}

/** A case of `foreign-writer.json`: what somebody wrote, and what a Python listener got of it. */
export interface ForeignCase {
  readonly case: string;
  readonly written: readonly { readonly id: string; readonly fields: readonly string[] }[];
  /** Whether the Python worker lived on. */
  readonly survived: boolean;
  readonly received: readonly {
    readonly id: string;
    readonly version: number;
    readonly event: string;
    readonly api: string;
    readonly kwargs: Readonly<Record<string, string>>;
  }[];
}

/** The stream that all of `foreign-writer.json` was written to. */
export const FOREIGN_STREAM = 'my_company.auth.*:stream';

// From which nobody can know what event it is.
const MALFORMED = [
  'b missing event_name',
  'b empty event_name',
  'k entry {"": "x"} only',
  'k entry with one other field {"noop": ""}',
  'k entry {"": ""} plus a metadata field',
];
const NOOP = ['k entry {"": ""} twice the field', 'k exact no-op entry'];

/** All of `events.json` and `foreign-writer.json`, in the order of capture. */
export function capturedEntries(): CapturedEntry[] {
  const fired = firedEntries().map(({ stream, name, fields }) => ({
    name: `${stream} ${name}`,
    stream,
    fields,
    expected: fields[0] === '' ? ('noop' as const) : ('event' as const),
  }));
  const foreign = foreignCases().flatMap((one) =>
    one.written.map(({ fields }, index) => ({
      name: `${one.case} (${index + 1})`,
      stream: FOREIGN_STREAM,
      fields: fields.map(expand),
      expected: expectedOf(one.case),
    })),
  );
  return [...fired, ...foreign];
}

export function firedEntries(): FiredEntry[] {
  const { cases, others } = read('events.json') as { cases: FiredEntry[]; others: FiredEntry[] };
  return [...cases, ...others];
}

export function foreignCases(): ForeignCase[] {
  return (read('foreign-writer.json') as { cases: ForeignCase[] }).cases;
}

/** What happens to a case of `foreign-writer.json`. */
export function expectedOf(name: string): CapturedEntry['expected'] {
  if (MALFORMED.includes(name)) return 'malformed';
  return NOOP.includes(name) ? 'noop' : 'event';
}

/** Undoes the notations of the capture: bytes that are no UTF-8, and one text of 10,000 characters. */
export function expand(text: string): string | Buffer {
  if (text.startsWith('hex:')) return Buffer.from(text.slice('hex:'.length), 'hex');
  const repeated = /^<(.) repeated (\d+) times>$/.exec(text);
  return repeated ? String(repeated[1]).repeat(Number(repeated[2])) : text;
}

function read(name: string): unknown {
  const path = fileURLToPath(new URL(`../fixtures/wire/${name}`, import.meta.url));
  return JSON.parse(readFileSync(path, 'utf8'));
}
