/** How wide lines are where no terminal says, and at least. */
const WIDTH = 80;
const NARROWEST = 40;

/** How many columns a line for people takes at most. */
export function widthForPeople(): number {
  const { isTTY, columns } = process.stdout;
  return Math.max(NARROWEST, (isTTY && columns) || WIDTH);
}

/** `1 letter`, `2 letters`. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
