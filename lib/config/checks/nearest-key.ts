/**
 * The candidate that `key` was most likely meant to be; `undefined` where none is near. Case,
 * hyphens and underscores don't count, so that `batchSize` finds `batch_size`.
 */
export function nearestTo(key: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(key);
  let nearest: string | undefined;
  // Up to a third of the letters may be wrong, and always one.
  let limit = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, plain(candidate));
    if (distance < limit) {
      limit = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Whether two keys differ at most in case, hyphens and underscores. */
export function isSameKey(left: string, right: string): boolean {
  return plain(left) === plain(right);
}

/** How many letters have to be put in, left out or changed to make one text of the other. */
export function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...left].entries()) {
    let above = i;
    let last = i + 1;
    row = row.map((cost, j) => {
      if (j === 0) return last;
      const changed = above + (letter === right[j - 1] ? 0 : 1);
      above = cost;
      last = Math.min(changed, cost + 1, last + 1);
      return last;
    });
  }
  return row.at(-1) ?? 0;
}

function plain(key: string): string {
  // Longer keys than any of ours have no near one; cutting them bounds the work.
  return key
    .slice(0, 100)
    .toLowerCase()
    .replace(/[-_\s]/g, '');
}
