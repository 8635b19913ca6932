import { html, type Html } from '../html.js';
import type { Count } from './models.js';

const NUMBER = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

const SIZES: readonly (readonly [unit: string, bytes: number])[] = [
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
];

/** How long a name may be before its middle is left out. */
const LONGEST_NAME = 120;

/** A number with its thousands apart: `5,000,000`. */
export function formatNumber(value: number): string {
  return NUMBER.format(value);
}

/** A count; `at least 10,000` where it ended there. */
export function formatCount({ count, isAtLeast }: Count): string {
  return (isAtLeast ? 'at least ' : '') + formatNumber(count);
}

/** `1 event`, `2 events`. */
export function counted(count: number | Count, one: string, many = `${one}s`): string {
  const given = typeof count === 'number' ? { count, isAtLeast: false } : count;
  return `${formatCount(given)} ${given.count === 1 && !given.isAtLeast ? one : many}`;
}

/** Milliseconds in words, by their two largest units: `40 s`, `12 min`, `3 h 5 min`. */
export function formatDuration(ms: number): string {
  if (!(ms >= 1000)) return ms >= 1 ? `${Math.floor(ms)} ms` : '0 s';
  const first = UNITS.findIndex(([, size]) => ms >= size);
  const [unit, size] = UNITS[first] ?? ['s', 1000];
  const [lesser, lesserSize] = UNITS[first + 1] ?? ['', Infinity];
  const rest = Math.floor((ms % size) / lesserSize);
  const whole = `${NUMBER.format(Math.floor(ms / size))} ${unit}`;
  // Seconds beside minutes are no news but in the first ones.
  return rest > 0 && (unit !== 'min' || ms < 5 * size) ? `${whole} ${rest} ${lesser}` : whole;
}

/** Bytes in the largest unit that fits: `350 B`, `1.9 kB`. */
export function formatBytes(bytes: number): string {
  const [unit, size] = SIZES.find(([, least]) => bytes >= least) ?? ['B', 1];
  return `${NUMBER.format(bytes / size)} ${unit}`;
}

/** How far a time is from now, in words: `12 min ago`, `in 40 s`, `now`. */
export function formatDistance(time: Date, now: Date): string {
  const ms = now.getTime() - time.getTime();
  if (Number.isNaN(ms)) return 'at an unknown time';
  if (Math.abs(ms) < 1000) return 'now';
  return ms > 0 ? `${formatDuration(ms)} ago` : `in ${formatDuration(-ms)}`;
}

/** A time as it is compared with logs: `2026-11-28 03:12:45.123 UTC`. */
export function formatTime(time: Date): string {
  if (Number.isNaN(time.getTime())) return 'unknown time';
  return time.toISOString().replace('T', ' ').replace('Z', ' UTC');
}

/** A time relative to now, which says exactly when to whoever points at it, and to machines. */
export function ago(time: Date | null, now: Date): Html {
  if (!time) return html`<span class="none">never</span>`;
  return timeElement(time, formatDistance(time, now));
}

/** A time, exactly, with how long ago that is. */
export function exactTime(time: Date, now: Date): Html {
  return html`${timeElement(time, formatTime(time))}
    <span class="dim">(${formatDistance(time, now)})</span>`;
}

/** A time, exactly and alone. */
export function plainTime(time: Date): Html {
  return timeElement(time, formatTime(time));
}

function timeElement(time: Date, text: string): Html {
  if (Number.isNaN(time.getTime())) return html`<span>${text}</span>`;
  return html`<time datetime="${time.toISOString()}" title="${formatTime(time)}">${text}</time>`;
}

/** A name without its middle where it is too long to be read, on one line. */
export function shorten(text: string, longest = LONGEST_NAME): string {
  const line = text.length > longest ? cutMiddle(text, longest) : text;
  return line.replace(/[\t\n]/g, (character) => (character === '\n' ? '\\n' : '\\t'));
}

/** The beginning of a text that may have megabytes. */
export function cutEnd(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function cutMiddle(text: string, longest: number): string {
  const half = Math.floor(longest / 2);
  const left = formatNumber(text.length - 2 * half);
  return `${text.slice(0, half)}… (${left} characters) …${text.slice(-half)}`;
}
