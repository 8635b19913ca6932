/** Waits for all, also if one fails: a call that is still under way must not meet the next attempt. @throws the first failure. */
export async function allDone(calls: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(calls);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
