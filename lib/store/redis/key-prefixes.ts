/** How many prefixes Redis is given, where the names of the streams allow it: each costs each write 24 ns. */
const MOST_PREFIXES = 16;

/**
 * What the names of streams begin with: the names themselves, or where these are too many, what they
 * have in common. Redis compares the name of each key that is written, by anybody, with each prefix.
 */
export function prefixesOf(names: readonly string[]): string[] {
  for (let prefixes = names; ;) {
    const kept = shortest(prefixes);
    const shorter = kept.map((prefix) => prefix.replace(/[^.]+\.?$/, '') || prefix);
    if (kept.length <= MOST_PREFIXES || shorter.every((prefix, i) => prefix === kept[i]))
      return kept;
    prefixes = shorter;
  }
}

/** Of names that begin with each other, the shortest: Redis takes no prefixes that overlap. */
function shortest(names: readonly string[]): string[] {
  const kept: string[] = [];
  for (const name of [...names].sort()) {
    const last = kept.at(-1);
    if (last === undefined || !name.startsWith(last)) kept.push(name);
  }
  return kept;
}
