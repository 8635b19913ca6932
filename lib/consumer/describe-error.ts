/** What somebody threw, in words: handlers may throw anything, `undefined` included. */
export function describeError(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name;
  if (typeof thrown === 'string') return thrown;
  try {
    return `a thrown value that is no Error: ${JSON.stringify(thrown) ?? String(thrown)}`;
  } catch {
    return `a thrown value that is no Error and can't be shown (${typeof thrown})`;
  }
}
