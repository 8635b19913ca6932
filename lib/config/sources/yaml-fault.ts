import type { ErrorCode } from 'yaml';

// The parser's own messages quote the text at fault, which may hold a password.
const FAULTS: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS:
    'an alias (*name) without its anchor (&name); put a value that begins with * in quotes',
  BAD_DIRECTIVE: 'a line that begins with %; put a value that begins with % in quotes',
  BAD_DQ_ESCAPE: 'an unknown escape in a text in double quotes; write a backslash twice',
  BAD_INDENT: 'wrong indentation, or a bracket that is not closed',
  BAD_SCALAR_START: 'a value that begins with @ or `; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: "a second ': ' in one line; put a value that holds one in quotes",
  BLOCK_IN_FLOW: 'indented keys within brackets; a comma or a bracket may be missing',
  MISSING_CHAR: 'a missing quote, bracket, comma, colon or space',
  MULTILINE_IMPLICIT_KEY: 'a key without its colon',
  MULTIPLE_DOCS: 'a second document after ---; a configuration is one document',
  NON_STRING_KEY: 'a key that is a list or an object; put it in quotes',
  RESOURCE_EXHAUSTION: 'brackets nested too deeply',
  TAB_AS_INDENT: 'a tab as indentation; use spaces',
  TAG_RESOLVE_FAILED:
    'a tag (!name) that YAML does not know; put a value that begins with ! in quotes',
};

/** In words, what is wrong where the YAML parser stopped. Never quotes the text. */
export function describeFault(code: ErrorCode): string {
  return FAULTS[code] ?? 'something that YAML does not allow there';
}
