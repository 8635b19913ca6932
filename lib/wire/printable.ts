// What a terminal acts on instead of showing it: control characters, line and paragraph separators,
// and what changes the direction of writing. Events are written by strangers.
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A text on one line, with everything that could move a cursor or reorder a line written as `\uXXXX`. */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
