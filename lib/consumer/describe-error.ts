/** What somebody threw, in words: handlers may throw anything, `undefined` included. Never throws. */
export function describeError(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return thrown.message || thrown.name;
    if (typeof thrown === 'string') return thrown;
    return `a thrown value that is no Error: ${JSON.stringify(thrown) ?? String(thrown)}`;
  } catch {
    return `a thrown value that can't be shown (${typeof thrown})`;
  }
}
