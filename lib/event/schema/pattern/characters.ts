/** Sets of characters, by their code points: what a class in a regular expression stands for. */

/** Ranges of code points, both ends included, ascending and apart from each other. */
export type Characters = readonly (readonly [first: number, last: number])[];

const LAST = 0x10ffff;
const LETTER_DISTANCE = 32;

/** All characters. */
export const ANY: Characters = [[0, LAST]];
/** `\d` of JavaScript. */
export const DIGITS = characters('09');
/** `\w` of JavaScript. */
export const WORD = characters('09', 'AZ', '__', 'az');
/** `\s` of JavaScript. */
export const SPACE = characters(
  ...['\t\r', '  ', '\u00a0\u00a0', '\u1680\u1680', '\u2000\u200a', '\u2028\u2029'],
  ...['\u202f\u202f', '\u205f\u205f', '\u3000\u3000', '\ufeff\ufeff'],
);
/** What ends a line in JavaScript; in Python, only the first does. */
export const LINE_ENDS = characters('\n\n', '\r\r', '\u2028\u2029');
/** Halves of pairs, which JavaScript takes for characters without the flag `u`. */
export const SURROGATES: Characters = [[0xd800, 0xdfff]];

function characters(...pairs: string[]): Characters {
  return pairs.map((pair) => [pair.charCodeAt(0), pair.charCodeAt(1)] as const);
}

/** What is in either of several sets. */
export function union(...sets: Characters[]): Characters {
  const sorted = sets.flat().sort(([a], [b]) => a - b);
  const merged: [number, number][] = [];
  for (const [first, last] of sorted) {
    const before = merged.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

/** What is in no part of a set. */
export function complement(set: Characters): Characters {
  const rest: [number, number][] = [];
  let next = 0;
  for (const [first, last] of set) {
    if (first > next) rest.push([next, first - 1]);
    next = last + 1;
  }
  return next <= LAST ? [...rest, [next, LAST]] : rest;
}

/** Whether two sets have a character in common. */
export function overlap(one: Characters, other: Characters): boolean {
  return one.some(([first, last]) => other.some(([start, end]) => first <= end && start <= last));
}

/** Whether a set has all of another one. */
export function includesAll(set: Characters, part: Characters): boolean {
  return !overlap(complement(set), part);
}

/**
 * A set with the letters of the other case: those of ASCII. With the flag `u`, `k` and `s` have a third form each.
 */
export function bothCases(set: Characters, isUnicode: boolean): Characters {
  const others = set.flatMap(([first, last]): [number, number][] => [
    ...shifted(first, last, [0x41, 0x5a], LETTER_DISTANCE),
    ...shifted(first, last, [0x61, 0x7a], -LETTER_DISTANCE),
  ]);
  const both = union(set, others);
  if (!isUnicode) return both;
  return union(
    both,
    overlap(both, [[0x6b, 0x6b]]) ? [[0x212a, 0x212a]] : [],
    overlap(both, [[0x73, 0x73]]) ? [[0x17f, 0x17f]] : [],
  );
}

function shifted(
  first: number,
  last: number,
  [from, to]: readonly [number, number],
  by: number,
): [number, number][] {
  const [start, end] = [Math.max(first, from), Math.min(last, to)];
  return start <= end ? [[start + by, end + by]] : [];
}

/** Whether letters of a set have other forms than {@link bothCases} knows. */
export function hasOtherCases(set: Characters): boolean {
  // Of a set of nearly all characters, all forms are there.
  return overlap(set, [[0x80, LAST]]);
}

/** A set as it is written in a regular expression of JavaScript, with and without `u`, and of Python. */
export function writeSet(set: Characters): string {
  if (set.length === 0) return '(?!)';
  const isNegated = set.at(-1)?.[1] === LAST;
  const written = isNegated ? complement(set) : set;
  if (isNegated && written.length === 0) return '[\\s\\S]';
  const [only] = written;
  if (!isNegated && written.length === 1 && only && only[0] === only[1]) return writeOne(only[0]);
  const ranges = written.map(([first, last]) => {
    if (first === last) return writeInSet(first);
    return `${writeInSet(first)}${last > first + 1 ? '-' : ''}${writeInSet(last)}`;
  });
  return `[${isNegated ? '^' : ''}${ranges.join('')}]`;
}

/** One character, outside of sets. */
export function writeOne(code: number): string {
  const text = String.fromCodePoint(code);
  return /[$()*+.?[\\\]^{|}]/.test(text) ? `\\${text}` : writePlain(code);
}

function writeInSet(code: number): string {
  const text = String.fromCodePoint(code);
  return /[-[\\\]^]/.test(text) ? `\\${text}` : writePlain(code);
}

function writePlain(code: number): string {
  if (code > 0xffff || (code >= 0x20 && code <= 0x7e)) return String.fromCodePoint(code);
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
