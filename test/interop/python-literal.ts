/**
 * Reads what Python's `repr()` writes of values that come from JSON: `{'a': [1, None, nan]}`.
 * An integer beyond 2^53 becomes a bigint.
 */
function readPythonLiteral(text: string): unknown {
  const tokens = text.match(TOKEN) ?? [];
  const value = readValue(tokens);
  if (tokens.length > 0) throw new SyntaxError(`Left over in ${text}: ${tokens.join(' ')}`);
  return value;
}

/** Reads the arguments that a Python listener got, each as its `repr()`. */
export function readArguments(literals: Readonly<Record<string, string>>): Record<string, unknown> {
  const values = Object.entries(literals).map(([name, text]) => [name, readPythonLiteral(text)]);
  return Object.fromEntries(values) as Record<string, unknown>;
}

const TOKEN = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,]+/gu;
const WORDS = new Map<string, unknown>([
  ['None', null],
  ['True', true],
  ['False', false],
  ['nan', NaN],
  ['inf', Infinity],
  ['-inf', -Infinity],
]);

function readValue(tokens: string[]): unknown {
  const token = tokens.shift() ?? '';
  if (token === '[') return readItems(tokens, ']', () => readValue(tokens));
  if (token === '{') {
    const entries = readItems(tokens, '}', () => {
      const key = readValue(tokens) as string;
      if (tokens.shift() !== ':') throw new SyntaxError('Expected :');
      return [key, readValue(tokens)] as const;
    });
    return Object.fromEntries(entries);
  }
  if (/^['"]/.test(token)) return readString(token.slice(1, -1));
  if (WORDS.has(token)) return WORDS.get(token);
  if (!/^-?\d/.test(token)) throw new SyntaxError(`Unexpected ${token}`);
  const number = Number(token);
  return /^-?\d+$/.test(token) && !Number.isSafeInteger(number) ? BigInt(token) : number;
}

function readItems<T>(tokens: string[], end: string, readItem: () => T): T[] {
  const items: T[] = [];
  while (tokens[0] !== end) {
    items.push(readItem());
    if (tokens[0] === ',') tokens.shift();
  }
  tokens.shift();
  return items;
}

function readString(escaped: string): string {
  return escaped.replace(
    /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|(.))/gu,
    (_, x?: string, u?: string, wide?: string, single = '') => {
      const code = x ?? u ?? wide;
      if (code !== undefined) return String.fromCodePoint(parseInt(code, 16));
      return { n: '\n', r: '\r', t: '\t' }[single as string] ?? (single as string);
    },
  );
}
