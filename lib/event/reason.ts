const MAX_REASON = 100;

/** First line of what was thrown, cut where it is long. Never throws: anything may be thrown. */
export function reasonOf(error: unknown): string {
  try {
    const message: unknown = error instanceof Error ? error.message : error;
    return String(message).split('\n', 1)[0]?.slice(0, MAX_REASON) ?? '';
  } catch {
    return `what can't be shown (${typeof error})`;
  }
}
