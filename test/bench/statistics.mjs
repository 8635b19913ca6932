/** The middle one; of an even number of values the mean of the two in the middle. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

/** Median and range of values. */
export function summary(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The value that so large a share of the values does not exceed: 0.99. */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/**
 * Each value divided by that of the same round: whatever else the machine did in a round met both.
 *
 * @param values one of each round.
 * @param base those of whom they are compared with, in the same order of rounds.
 */
export function ratiosWithinRounds(values, base) {
  if (values.length !== base.length) throw new Error('There must be one value of each round.');
  return values.map((value, round) => value / base[round]);
}

/** The order of a round: the same one, shifted by one more each time, so that nobody always comes first. */
export function orderOf(round, contenders) {
  const shift = round % contenders.length;
  return [...contenders.slice(shift), ...contenders.slice(0, shift)];
}
