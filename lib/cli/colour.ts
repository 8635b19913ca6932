import { styleText } from 'node:util';

/** Whether standard output is a terminal that shows colours, and NO_COLOR is not set. */
export function hasColours(): boolean {
  // Only terminals have the method; it looks at NO_COLOR, FORCE_COLOR and TERM.
  return 'hasColors' in process.stdout && process.stdout.hasColors();
}

/** Colours a text for standard output; leaves it as it is where {@link hasColours} is false. */
export function colour(text: string, ...styles: ('bold' | 'dim' | 'green')[]): string {
  if (!hasColours()) return text;
  const unchecked = { validateStream: false };
  return styles.reduce((styled, style) => styleText(style, styled, unchecked), text);
}
