import { LineCounter, parseDocument, type Document } from 'yaml';
import type { Finding } from '../checks/check-config.js';
import { fillText, fillVariables } from './variables.js';
import { describeFault } from './yaml-fault.js';
import { duplicateKeys, locateKey, unresolvedAlias } from './yaml-location.js';

/** The form of a text. `json` is strict; `yaml` holds JSON as well. */
export type TextFormat = 'json' | 'yaml';

/** The largest text that is taken, in bytes: 1 MiB. */
export const LARGEST_TEXT = 1_048_576;

/** UTF-8 as text, without its byte order mark; `undefined` for other bytes. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A text that was read. */
export interface ParsedText {
  /** The value; `undefined` where the text is empty or can't be read. */
  readonly value: unknown;
  /** What is wrong with the text itself; empty if nothing is. */
  readonly findings: readonly Finding[];
  /** Where a key stands: `line 14, column 9`; `undefined` where it can't be told. */
  readonly locate: (path: readonly string[]) => string | undefined;
}

// More uses of anchors than any honest file has, and far fewer than an alias bomb needs.
const MOST_ALIASES = 1000;

/**
 * Reads YAML 1.1, as Python's own loader does (`yes` is true there), or JSON. Findings never quote
 * the text, because a password may stand where it is wrong.
 *
 * @param environment fills in `${NAME}`; without it, that is text as any other.
 */
export function parseText(
  text: string,
  format: TextFormat,
  environment?: NodeJS.ProcessEnv,
): ParsedText {
  if (text.trim() === '') return { value: undefined, findings: [], locate: () => undefined };
  const source = readSource(text);
  const fault = format === 'json' ? jsonFault(source) : yamlFault(source);
  if (fault) return { value: undefined, findings: [fault], locate: () => undefined };

  const duplicates = duplicateKeys(source.document).map(({ path, offset }) => ({
    path,
    expected: 'each key once',
    found: 'the same key a second time',
    at: source.place(offset),
  }));
  const missing = environment && fillVariables(source.document, environment, source.place);
  return {
    value: format === 'json' ? jsonValue(text, environment) : toValue(source.document),
    findings: [...duplicates, ...(missing ?? [])],
    locate: (path) => {
      const offset = locateKey(source.document, path);
      return offset === undefined ? undefined : source.place(offset);
    },
  };
}

interface Source {
  readonly text: string;
  readonly document: Document;
  /** Names the line and column of an offset. */
  readonly place: (offset: number) => string;
}

function readSource(text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.1',
    stringKeys: true,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter: lines,
  });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
  return { text, document, place };
}

function jsonFault({ text, document, place }: Source): Finding | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    // The engine's message quotes the text. YAML holds JSON, so that its parser finds the place too.
    const fault = document.errors[0];
    const found = fault
      ? 'something that JSON does not allow there'
      : 'YAML, or a comma too many; rename the file to .yaml to have it read as YAML';
    return { path: [], expected: 'valid JSON', found, at: fault && place(fault.pos[0]) };
  }
}

function yamlFault({ document, place }: Source): Finding | undefined {
  // Warnings are about tags that nobody knows, which Python's loader refuses.
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault) return invalid(describeFault(fault.code), place(fault.pos[0]));
  const alias = unresolvedAlias(document);
  if (alias !== undefined) return invalid(describeFault('BAD_ALIAS'), place(alias));
  return isBomb(document) ? invalid(`more than ${MOST_ALIASES} uses of aliases`) : undefined;
}

function invalid(found: string, at?: string): Finding {
  return { path: [], expected: 'valid YAML', found, at };
}

function isBomb(document: Document): boolean {
  try {
    toValue(document);
    return false;
  } catch (error) {
    // Every alias is known to resolve: what is left is their number.
    if (error instanceof ReferenceError) return true;
    throw error;
  }
}

function jsonValue(text: string, environment: NodeJS.ProcessEnv | undefined): unknown {
  if (!environment) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'string') return value;
    const filled = fillText(value, environment);
    return 'text' in filled ? filled.text : undefined;
  });
}

function toValue(document: Document): unknown {
  return document.toJS({ maxAliasCount: MOST_ALIASES }) ?? undefined;
}
