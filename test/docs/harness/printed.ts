/** What differs each time, and what stands for it. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?/g, '<time>'],
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\.\.\.|…)/g, '<uuid>'],
  [/\b\d{13}-\d+\b/g, '<entry id>'],
  [/\b\d+(\.\d+)? ?(ms|s|min)\b/g, '<duration>'],
  [/:\d{4,5}\b/g, ':<port>'],
];

/** A text that was printed, or that a page shows as printed, with what differs each time named. */
export function withoutVariableParts(printed: string): string {
  const named = VARIABLE.reduce((text, [found, name]) => text.replaceAll(found, name), printed);
  return named.replaceAll(/[ \t]+/g, ' ').trim();
}
