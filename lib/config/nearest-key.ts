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

/** How many letters have to be put in, left out or changed to make one text of the other. */
export function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const changed = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[right.length]!;
}

function plain(key: string): string {
  // Longer keys than any of ours have no near one; cutting them bounds the work.
  return key
    .slice(0, 100)
    .toLowerCase()
    .replace(/[-_\s]/g, '');
}
