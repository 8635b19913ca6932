import { inspect } from 'node:util';

/** How much of what was thrown is told, in characters. */
const LONGEST = 10_000;

/** What somebody threw, in words: handlers may throw anything, `undefined` included. Never throws. */
export function describeError(thrown: unknown): string {
  try {
    const text = describe(thrown);
    return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  } catch {
    return `a thrown value that can't be shown (${typeof thrown})`;
  }
}

/** The stack of what somebody threw, if it has one. Never throws. */
export function stackOf(thrown: unknown): string | undefined {
  try {
    const stack: unknown = thrown instanceof Error ? thrown.stack : undefined;
    return typeof stack === 'string' ? stack.slice(0, LONGEST) : undefined;
  } catch {
    return undefined;
  }
}

function describe(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  if (!(thrown instanceof Error)) {
    return `a thrown value that is no Error: ${inspect(thrown, { depth: 2, breakLength: Infinity })}`;
  }
  // Not all that calls itself an Error keeps to its types.
  const message: unknown = thrown.message;
  return typeof message === 'string' && message !== '' ? message : thrown.name;
}
