const MAX_REASON = 100;

/** First line of what was thrown, cut where it is long. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0]?.slice(0, MAX_REASON) ?? '';
}
