const DURATIONS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

const SIZES: readonly (readonly [unit: string, bytes: number])[] = [
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
];

/** Milliseconds in the largest unit that fits: `350 ms`, `5 s`, `2 h`. */
export function formatDuration(ms: number): string {
  const [unit, size] = DURATIONS.find(([, least]) => ms >= least) ?? ['ms', 1];
  return `${Math.floor(ms / size)} ${unit}`;
}

/** Bytes in the largest unit that fits: `350 B`, `1.9 kB`. */
export function formatBytes(bytes: number): string {
  const [unit, size] = SIZES.find(([, least]) => bytes >= least) ?? ['B', 1];
  return size === 1 ? `${bytes} ${unit}` : `${(bytes / size).toFixed(1)} ${unit}`;
}
