import { LineCounter, parseDocument, visit, type Document } from 'yaml';
import type { Finding } from './check-config.js';
import { locateKey, pathAt } from './yaml-position.js';
import { describeFault } from './yaml-fault.js';

/** The form of a text. `json` is strict; `yaml` holds JSON as well. */
export type TextFormat = 'json' | 'yaml';

/** A text that was read. */
export interface ParsedText {
  /** The value; `undefined` where the text is empty or can't be read. */
  readonly value: unknown;
  /** What is wrong with the text itself; empty if nothing is. */
  readonly findings: readonly Finding[];
  /** Where a key stands: `line 14, column 9`; `undefined` where it can't be told. */
  locate(path: readonly string[]): string | undefined;
}

// More uses of anchors than any honest file has, and far fewer than an alias bomb needs.
const MOST_ALIASES = 1000;

/**
 * Reads YAML 1.1, as Python's own loader does (`yes` is true there), or JSON. Findings never quote
 * the text, because a password may stand where it is wrong.
 */
export function parseText(text: string, format: TextFormat): ParsedText {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.1',
    stringKeys: true,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter: lines,
  });
  const place = (offset: number) => describePlace(lines, offset);
  const fault = text.trim() === '' ? undefined : syntaxFault(text, document, format, place);
  const result = fault ? {} : toValue(text, document, format);
  const findings = fault ? [fault] : duplicateKeys(document, place);
  return {
    value: result.value ?? undefined,
    findings: result.bomb ? [result.bomb] : findings,
    locate: (path) => {
      const offset = locateKey(document, path);
      return offset === undefined ? undefined : place(offset);
    },
  };
}

const TOO_MANY_ALIASES: Finding = {
  path: [],
  expected: `at most ${MOST_ALIASES} uses of aliases (*name)`,
  found: 'more of them, as a file has that is made to exhaust memory',
};

function syntaxFault(
  text: string,
  document: Document,
  format: TextFormat,
  place: (offset: number) => string,
): Finding | undefined {
  const fault = [...document.errors, ...document.warnings].find(
    ({ code }) => code !== 'DUPLICATE_KEY',
  );
  if (format === 'json') {
    if (isJson(text)) return undefined;
    const at = fault && place(fault.pos[0]);
    const found = fault
      ? 'a syntax error'
      : 'YAML, or a comma too many. Rename the file to .yaml to have it read as YAML';
    return { path: [], expected: 'valid JSON', found, at };
  }
  if (fault) {
    return {
      path: [],
      expected: 'valid YAML',
      found: describeFault(fault.code),
      at: place(fault.pos[0]),
    };
  }
  const alias = unresolvedAlias(document);
  if (alias === undefined) return undefined;
  return { path: [], expected: 'valid YAML', found: describeFault('BAD_ALIAS'), at: place(alias) };
}

function duplicateKeys(document: Document, place: (offset: number) => string): Finding[] {
  return document.errors
    .filter(({ code }) => code === 'DUPLICATE_KEY')
    .map(({ pos: [offset] }) => ({
      path: pathAt(document, offset),
      expected: 'each key once',
      found: 'the same key a second time',
      at: place(offset),
    }));
}

function unresolvedAlias(document: Document): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document)) return undefined;
      offset = alias.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

function toValue(
  text: string,
  document: Document,
  format: TextFormat,
): { value?: unknown; bomb?: Finding } {
  if (text.trim() === '') return {};
  if (format === 'json') return { value: JSON.parse(text) };
  try {
    return { value: document.toJS({ maxAliasCount: MOST_ALIASES }) };
  } catch (error) {
    // The aliases are known to resolve: what is left is their number.
    if (error instanceof ReferenceError) return { bomb: TOO_MANY_ALIASES };
    throw error;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function describePlace(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `line ${line}, column ${col}`;
}
