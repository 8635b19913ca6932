/** Escapes that mean the same in JavaScript and in Python, inside and outside of a class. */
const SAME_ESCAPES = /^[dDwWnrtfv^$\\.*+?()[\]{}|/-]$/;

/**
 * A regular expression of JavaScript as one that JavaScript and Python's `re` understand alike: a schema with one that
 * Python can't compile ends every Python worker of its API.
 *
 * @returns `undefined` where there is none, or nobody can be sure: then the rule is not published.
 */
export function portablePattern(pattern: string): string | undefined {
  let portable = '';
  let inClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i);
    // Beyond ASCII, classes and dots count other units.
    if (char < ' ' || char > '~') return undefined;
    if (char === '\\') {
      const escaped = pattern.charAt(++i);
      if (!SAME_ESCAPES.test(escaped)) return undefined;
      const digitsOrLetters = inClass ? IN_CLASS[escaped] : OUTSIDE[escaped];
      if (inClass && (escaped === 'D' || escaped === 'W')) return undefined;
      // What it becomes would be one end of a range.
      if (inClass && escaped in IN_CLASS && isBesideDash(pattern, i)) return undefined;
      portable += digitsOrLetters ?? `\\${escaped}`;
    } else if (inClass) {
      if (char === '[') portable += '\\[';
      else portable += char;
      if (char === ']') inClass = false;
    } else if (char === '[') {
      // An empty class is one in JavaScript only.
      if (/^\^?\]/.test(pattern.slice(i + 1))) return undefined;
      inClass = true;
      portable += char;
    } else if (char === '(' && pattern.charAt(i + 1) === '?') {
      if (!/^\?[:=!]/.test(pattern.slice(i + 1))) return undefined;
      portable += char;
    } else if (char === '$') {
      // Python's matches before a line break at the end, too.
      portable += '$(?!\\n)';
    } else if (char === '.') {
      portable += '[^\\n\\r]';
    } else {
      portable += char;
    }
  }
  return isRegularExpression(portable) ? portable : undefined;
}

const OUTSIDE: Readonly<Record<string, string>> = {
  d: '[0-9]',
  D: '[^0-9]',
  w: '[A-Za-z0-9_]',
  W: '[^A-Za-z0-9_]',
  // Validators in JavaScript use the flag u, which knows fewer escapes.
  '-': '-',
};
const IN_CLASS: Readonly<Record<string, string>> = { d: '0-9', w: 'A-Za-z0-9_' };

function isBesideDash(pattern: string, at: number): boolean {
  const isBefore = pattern.charAt(at + 1) === '-' && pattern.charAt(at + 2) !== ']';
  return isBefore || (pattern.charAt(at - 2) === '-' && !/\[\^?-$/.test(pattern.slice(0, at - 1)));
}

function isRegularExpression(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}
