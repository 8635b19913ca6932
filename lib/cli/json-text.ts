import { printable } from '../wire/printable.js';

/**
 * A value as JSON, faithfully: bigints keep their digits, `NaN` and `Infinity` are bare as Python
 * writes and reads them, keys keep their order, and text is UTF-8.
 *
 * @param indent spaces per level; 0 puts everything on one line.
 * @throws RangeError where values are nested deeper than the call stack.
 */
export function jsonText(value: unknown, indent = 0): string {
  return write(value, indent, '\n');
}

function write(value: unknown, indent: number, newline: string): string {
  if (typeof value === 'string') return printable(JSON.stringify(value));
  if (typeof value === 'number') return Object.is(value, -0) ? '-0.0' : String(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const inner = newline + ' '.repeat(indent);
  const space = indent === 0 ? '' : ' ';
  if (Array.isArray(value)) {
    return enclose(
      '[',
      value.map((item) => write(item, indent, inner)),
      ']',
      indent,
      newline,
    );
  }
  const members = Object.entries(value).map(
    ([key, item]) => `${write(key, indent, inner)}:${space}${write(item, indent, inner)}`,
  );
  return enclose('{', members, '}', indent, newline);
}

function enclose(
  open: string,
  items: readonly string[],
  close: string,
  indent: number,
  newline: string,
): string {
  if (items.length === 0) return open + close;
  if (indent === 0) return open + items.join(',') + close;
  const inner = newline + ' '.repeat(indent);
  return open + inner + items.join(`,${inner}`) + newline + close;
}
