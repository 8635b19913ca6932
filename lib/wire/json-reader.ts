/** Called with what was irregular about a text that could be read all the same. */
export type Report = (note: string) => void;

// A text without any of these means the same to JSON.parse and to us: a run of digits that may be
// an integer beyond 2^53, Python's bare NaN and Infinity, and the key `__proto__`, plain or escaped.
const NEEDS_OWN_READER = /\d{16}|NaN|Infinity|__proto__|\\u00[567]/;

/** The most digits of an integer that can be read: Python's own limit (`sys.get_int_max_str_digits`). */
export const MAX_INTEGER_DIGITS = 4300;

/** The least integer above zero that no reader takes. */
const TOO_LARGE = 10n ** BigInt(MAX_INTEGER_DIGITS);

/** Whether an integer has more digits than a reader takes. Without writing them, which takes long. */
export function hasTooManyDigits(value: bigint): boolean {
  return value >= TOO_LARGE || value <= -TOO_LARGE;
}

/**
 * Reads JSON as Python's `json.loads` does: also bare `NaN`, `Infinity` and `-Infinity`.
 * Takes time linear in the length of the text.
 *
 * - An integer beyond ±2^53 becomes a bigint: it is never rounded.
 * - A key `__proto__`, at any depth, is left out and reported, as it would let whoever wrote the
 *   entry change the prototype of objects that the value is copied to.
 *
 * @throws SyntaxError where the text is no JSON, an integer has more than 4,300 digits (Python
 *   refuses it too), or unusual values are nested deeper than the call stack.
 */
export function parse(text: string, report: Report = ignore): unknown {
  if (isOrdinary(text) || !NEEDS_OWN_READER.test(text)) return JSON.parse(text);
  try {
    return new JsonReader(text, report).read();
  } catch (error) {
    if (error instanceof RangeError)
      throw new SyntaxError('JSON nested too deeply', { cause: error });
    throw error;
  }
}

function ignore(): void {}

/** Digits that make a safe integer, whatever they are. */
const SAFE_DIGITS = 15;

const [QUOTE, ZERO, NINE] = [34, 48, 57];

/** Whether its beginning says that a text is nothing but a string or a short number, if it is JSON: most are. */
function isOrdinary(text: string): boolean {
  const first = text.charCodeAt(0);
  return first === QUOTE || (first >= ZERO && first <= NINE && text.length <= SAFE_DIGITS);
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?<fraction>\.\d+)?(?<exponent>[eE][+-]?\d+)?/y;
const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

/** Recursive descent over one text; JSON.parse still decodes the strings. */
class JsonReader {
  private offset = 0;

  constructor(
    private readonly text: string,
    private readonly report: Report,
  ) {}

  read(): unknown {
    const value = this.readValue();
    this.skipSpace();
    if (this.offset < this.text.length) throw this.unexpected();
    return value;
  }

  private readValue(): unknown {
    this.skipSpace();
    switch (this.text[this.offset]) {
      case '{':
        return this.readObject();
      case '[':
        return this.readList();
      case '"':
        return this.readString();
      default:
        return this.readWordOrNumber();
    }
  }

  private readObject(): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    this.offset++;
    if (!this.take('}')) {
      do {
        this.skipSpace();
        if (this.text[this.offset] !== '"') throw this.unexpected();
        const key = this.readString();
        if (!this.take(':')) throw this.unexpected();
        const value = this.readValue();
        if (key === '__proto__') this.report("a key '__proto__' was left out");
        else entries.push([key, value]);
      } while (this.take(','));
      if (!this.take('}')) throw this.unexpected();
    }
    return Object.fromEntries(entries);
  }

  private readList(): unknown[] {
    const items: unknown[] = [];
    this.offset++;
    if (!this.take(']')) {
      do items.push(this.readValue());
      while (this.take(','));
      if (!this.take(']')) throw this.unexpected();
    }
    return items;
  }

  private readString(): string {
    const start = this.offset;
    let end = this.text.indexOf('"', start + 1);
    while (end > 0 && this.isEscaped(end)) end = this.text.indexOf('"', end + 1);
    if (end < 0) throw this.unexpected();
    this.offset = end + 1;
    return JSON.parse(this.text.slice(start, this.offset)) as string;
  }

  private isEscaped(quote: number): boolean {
    let start = quote;
    while (this.text[start - 1] === '\\') start--;
    return (quote - start) % 2 === 1;
  }

  private readWordOrNumber(): unknown {
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.offset)) {
        this.offset += word.length;
        return value;
      }
    }
    NUMBER.lastIndex = this.offset;
    const match = NUMBER.exec(this.text);
    if (match === null) throw this.unexpected();
    this.offset += match[0].length;
    const isInteger = match.groups?.fraction === undefined && match.groups?.exponent === undefined;
    return isInteger ? readInteger(match[0]) : Number(match[0]);
  }

  private skipSpace(): void {
    SPACE.lastIndex = this.offset;
    SPACE.test(this.text);
    this.offset = SPACE.lastIndex;
  }

  private take(character: string): boolean {
    this.skipSpace();
    if (this.text[this.offset] !== character) return false;
    this.offset++;
    return true;
  }

  private unexpected(): SyntaxError {
    const found = this.text[this.offset];
    const what = found === undefined ? 'end' : JSON.stringify(found);
    return new SyntaxError(`Unexpected ${what} in JSON at character ${this.offset}`);
  }
}

function readInteger(digits: string): number | bigint {
  const value = Number(digits);
  if (Number.isSafeInteger(value)) return value;
  if (digits.replace('-', '').length > MAX_INTEGER_DIGITS) {
    throw new SyntaxError(`An integer of more than ${MAX_INTEGER_DIGITS} digits`);
  }
  return BigInt(digits);
}
