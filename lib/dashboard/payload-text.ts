import { visible } from './escape.js';
import type { PayloadModel } from './views/models.js';

/** How much of a payload a page shows, characters. */
export const LONGEST_SHOWN = 65_536;

/** How much of a payload a list shows, characters. */
const LONGEST_PREVIEW = 200;

/** How far lines are moved in at most: a list of numbers within lists would grow a hundredfold. */
const WIDEST_INDENT = 40;

/** How deep values are shown: parsers read deeper than a call stack goes. */
const DEEPEST = 500;

/**
 * A payload as JSON on several lines, as it is shown and saved: bigints keep their digits, `NaN` and `Infinity` are bare
 * as Python writes them, and what a reader would not see is escaped. Costs no more than what it gives.
 *
 * @param longest how many characters at most, or about so. @default {@link LONGEST_SHOWN}
 */
export function payloadText(value: unknown, longest = LONGEST_SHOWN): PayloadModel {
  const writer = new BoundedWriter(longest, 2);
  writer.write(value, 0);
  return { kind: 'text', text: writer.text, isCut: writer.isFull };
}

/** The beginning of a payload on one line, for a list. */
export function previewOf(value: unknown): string {
  const writer = new BoundedWriter(LONGEST_PREVIEW, 0);
  writer.write(value, 0);
  return writer.isFull ? `${writer.text}…` : writer.text;
}

/** Writes JSON until it has enough. */
class BoundedWriter {
  text = '';
  isFull = false;

  constructor(
    private readonly longest: number,
    /** Spaces per level; 0 puts everything on one line. */
    private readonly indent: number,
  ) {}

  write(value: unknown, depth: number): void {
    if (typeof value === 'string') this.addString(value);
    else if (typeof value === 'number') this.add(Object.is(value, -0) ? '-0.0' : String(value));
    else if (typeof value !== 'object' || value === null) this.add(String(value));
    else if (depth > DEEPEST) this.add('… (nested too deeply to be shown)');
    else if (Array.isArray(value)) this.addAll('[', value, ']', depth);
    else this.addAll('{', Object.keys(value), '}', depth, value as Record<string, unknown>);
  }

  /** The items of a list; or of an object's keys, its members. */
  private addAll(
    open: string,
    items: readonly unknown[],
    close: string,
    depth: number,
    members?: Readonly<Record<string, unknown>>,
  ): void {
    this.add(open);
    for (let i = 0; i < items.length && !this.isFull; i++) {
      if (i > 0) this.add(this.indent > 0 ? ',' : ', ');
      this.breakLine(depth + 1);
      this.write(items[i], depth + 1);
      if (!members) continue;
      this.add(': ');
      this.write(members[items[i] as string], depth + 1);
    }
    if (items.length > 0) this.breakLine(depth);
    this.add(close);
  }

  private breakLine(depth: number): void {
    if (this.indent === 0) return;
    this.add(`\n${' '.repeat(Math.min(depth * this.indent, WIDEST_INDENT))}`);
  }

  private addString(text: string): void {
    const left = this.longest - this.text.length;
    // Not escaped as a whole where a part is enough.
    const isLonger = text.length > left;
    this.add(visible(JSON.stringify(isLonger ? text.slice(0, Math.max(0, left)) : text)));
    if (isLonger) this.isFull = true;
  }

  private add(text: string): void {
    if (this.isFull) return;
    this.text += text;
    if (this.text.length <= this.longest) return;
    this.text = this.text.slice(0, this.longest);
    this.isFull = true;
  }
}
