import {
  isPair,
  isScalar,
  parseDocument,
  Scalar,
  visit,
  type Document,
  type Node,
  type Pair,
} from 'yaml';
import type { Finding } from '../checks/check-config.js';

// '$${', or '${NAME}' and '${NAME:-default}', whose default may hold one pair of braces, or '${' and something else.
const REFERENCE = /\$\$\{|\$\{(?:([A-Za-z_]\w*)(?::-((?:[^{}]|\{[^{}]*\})*))?\})?/g;

const FORM = '${NAME}, ${NAME:-default}, or $${ for the two characters themselves';

/** What stands in a text once its variables are filled in, or why that can't be done. */
type Filled = { readonly text: string } | Pick<Finding, 'expected' | 'found'>;

/**
 * Puts environment variables into the text values of a document, in place: `${NAME}`, and
 * `${NAME:-default}` where the variable may be missing or empty. `$${` stands for `${`.
 *
 * A value without quotes in YAML is read as what it becomes, so that `${BATCH_SIZE:-10}` is a number.
 *
 * @returns what can't be filled in, which is left without a value. Quotes no value.
 */
export function fillVariables(
  document: Document,
  environment: NodeJS.ProcessEnv,
  place: (offset: number) => string,
): Finding[] {
  const findings: Finding[] = [];
  visit(document, {
    Scalar(role, node, ancestors) {
      const { value } = node;
      if (role === 'key' || typeof value !== 'string' || !value.includes('${')) return;
      const filled = fillText(value, environment);
      if ('text' in filled) {
        node.value = node.type === Scalar.PLAIN ? asPlain(filled.text) : filled.text;
      } else {
        node.value = undefined;
        findings.push({ path: pathOf(ancestors), ...filled, at: place(node.range?.[0] ?? 0) });
      }
    },
  });
  return findings;
}

/** A text with its variables filled in; with one that can't be, what is wrong. */
export function fillText(text: string, environment: NodeJS.ProcessEnv): Filled {
  let fault: Exclude<Filled, { text: string }> | undefined;
  const filled = text.replace(REFERENCE, (whole, name?: string, otherwise?: string) => {
    if (whole === '$${') return '${';
    if (name === undefined) {
      fault ??= { expected: FORM, found: "'${' and something else" };
      return '';
    }
    const value = environment[name];
    if (value || (value !== undefined && otherwise === undefined)) return value;
    const expected = `the environment variable ${name}, or a default: \${${name}:-…}`;
    const inner = otherwise === undefined ? missing(expected) : fillText(otherwise, environment);
    if ('text' in inner) return inner.text;
    fault ??= inner;
    return '';
  });
  return fault ?? { text: filled };
}

function missing(expected: string): Filled {
  return { expected, found: 'no such variable' };
}

// Only a whole value can be something else than a text: what looks like a list or a key stays one.
function asPlain(text: string): unknown {
  const { contents, errors } = parseDocument(text, { version: '1.1', logLevel: 'silent' });
  const isPlain = errors.length === 0 && isScalar(contents) && contents.type === Scalar.PLAIN;
  return isPlain && typeof contents.value !== 'string' && text.trim() !== ''
    ? contents.value
    : text;
}

function pathOf(ancestors: readonly (Document | Node | Pair)[]): string[] {
  return ancestors
    .filter((node) => isPair(node))
    .map(({ key }) => (isScalar(key) ? String(key.value) : ''));
}
