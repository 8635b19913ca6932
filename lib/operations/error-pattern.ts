/** No text of an error is looked at beyond this. */
const LOOKED_AT = 10_000;

/** How long a pattern is at most, in characters. */
const LONGEST = 300;

/** Stands for what differs from one occurrence to the next. */
const BLANK = '…';

const QUOTED =
  /"[^"]*"|`[^`]*`|“[^“”]*”|‘[^‘’]*’|«[^«»]*»|(?<![\p{L}\p{N}])'[^']*'(?![\p{L}\p{N}])/gu;
const WORD = /[\p{L}\p{N}_-]+/gu;
const NUMBER = /\p{N}/u;
const BLANKS = /[+-]?…(?:[.,:;/\\+_ -]*…)*/gu;

/**
 * An error's text without what tells one occurrence from another, so that the same error is one: quoted values,
 * addresses of mail, and each word with a digit in it (numbers, dates, ids, UUIDs) become `…`. At most 300 characters, on
 * one line. It takes time in proportion to the text, whatever that is.
 */
export function errorPattern(message: string): string {
  const pattern = message
    .slice(0, LOOKED_AT)
    .replace(QUOTED, BLANK)
    .split(/\s+/)
    .filter(Boolean)
    .map((part) => (part.includes('@', 1) ? BLANK : part.replace(WORD, blankWithDigit)))
    .join(' ')
    .replace(BLANKS, BLANK);
  return pattern.length > LONGEST ? `${pattern.slice(0, LONGEST - 1)}${BLANK}` : pattern;
}

function blankWithDigit(word: string): string {
  return NUMBER.test(word) ? BLANK : word;
}
