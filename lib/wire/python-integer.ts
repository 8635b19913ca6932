const INTEGER = /^\p{White_Space}*(?<sign>[+-]?)(?<digits>\p{Nd}+(?:_\p{Nd}+)*)\p{White_Space}*$/u;
const DIGIT = /\p{Nd}/u;

// Far beyond any version; a text without bound would cost time without bound.
const MAX_LENGTH = 1000;

/**
 * Reads an integer as Python's `int()` does: white space around it, a sign, single underscores
 * between the digits, and the decimal digits of any script (`' +1_0 '`, `'٣'`).
 *
 * @returns `null` for any other text, an integer beyond ±2^53, and a text of over 1,000 characters.
 */
export function parsePythonInteger(text: string): number | null {
  if (text.length > MAX_LENGTH) return null;
  const groups = INTEGER.exec(text)?.groups;
  if (groups === undefined) return null;
  const digits = [...(groups.digits ?? '')].filter((character) => character !== '_');
  const value = Number(`${groups.sign}${digits.map(digitValue).join('')}`);
  return Number.isSafeInteger(value) ? value + 0 : null;
}

// Unicode keeps the decimal digits of a script together, in order, starting with its zero.
function digitValue(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  let predecessors = 0;
  while (DIGIT.test(String.fromCodePoint(code - predecessors - 1))) predecessors++;
  return predecessors % 10;
}
