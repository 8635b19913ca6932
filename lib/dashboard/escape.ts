/** Texts as HTML. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
  // A parser makes a line feed of it.
  '\r': '&#13;',
};

/**
 * What a reader would not see, or would see in another order: controls but tab and line feed, line and paragraph
 * separators, what changes the direction of writing, halves of characters.
 */
const UNSEEN = /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\p{Surrogate}]/gu;

/** A text for a quoted attribute: the browser has the very same text. */
export function attributeText(text: string): string {
  return text.replace(/[&<>"'`\r]/g, (character) => ENTITIES[character] ?? '');
}

/** A text for people: what they would not see is shown as `\uXXXX`. Tabs and line feeds stay. */
export function shownText(text: string): string {
  return attributeText(visible(text));
}

/** What {@link shownText} shows, without HTML. */
export function visible(text: string): string {
  return text.replace(
    UNSEEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
