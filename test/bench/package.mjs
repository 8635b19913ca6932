// The built package that is measured: `dist`, or a copy of another one that --dist named.
const dist = process.env.LIGHTBUS_BENCH_DIST ?? new URL('../../dist/', import.meta.url).href;

/** Takes in a file of the package: `index.js`. */
export function fromPackage(file) {
  return import(new URL(file, dist));
}
