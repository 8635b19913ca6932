import { readFileSync } from 'node:fs';

/** Median and range over the rounds. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What one peer, or one size, has come to in a row. */
export interface ContenderResult {
  readonly title: string;
  /** By name and unit; `ratio` to the first contender of the same round. */
  readonly figures: Readonly<Record<string, Summary & { readonly ratio?: Summary }>>;
  readonly retries: number;
  readonly disturbed: number;
  readonly lost: number;
}

/** One row of the bench. */
export interface RowResult {
  readonly group: string;
  readonly name: string;
  readonly better: 'higher' | 'lower';
  readonly compared: readonly string[];
  readonly mode: 'full' | 'quick';
  readonly rounds: number;
  readonly date: string;
  readonly contenders: readonly ContenderResult[];
}

/** What `npm run bench -- --save` writes. */
export interface Results {
  readonly environment: {
    readonly processor: string;
    readonly cores: number;
    readonly pinned: boolean;
    readonly node: string;
    readonly server: string;
    readonly ioredis: string;
    readonly bullmq: string;
  };
  readonly rows: readonly RowResult[];
}

/** Of a piece of work, ratios to raw ioredis by peer. */
export type Anchors = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What is compared with raw ioredis: a figure of a row. */
export interface Comparison {
  /** Also its name among the anchors. */
  readonly work: string;
  readonly row: string;
  readonly figure: string;
}

const RATE = 'events/s';

/** What is compared, more is better. */
export const THROUGHPUT: readonly Comparison[] = [
  'fire, awaited one by one',
  'fire, 100 in flight',
  'fireAll of 100',
  'handle, batch_size 1',
  'handle, batch_size 10',
  'handle, batch_size 100',
].map((work) => ({ work, row: work, figure: RATE }));

/** The same, less is better. */
export const LATENCY: readonly Comparison[] = [50, 99].map((share) => ({
  work: `latency p${share}`,
  row: 'latency, fired in the same process',
  figure: `p${share}, us`,
}));

/** @returns what was measured last, and kept. */
export function readResults(): Results {
  return JSON.parse(readFileSync('docs/performance/results.json', 'utf8')) as Results;
}

/** @returns what an independent benchmark of 0.1.0 measured. */
export function readAnchors(): Anchors {
  return JSON.parse(readFileSync('docs/performance/anchors.json', 'utf8')) as Anchors;
}

/** @returns a figure of a peer, undefined where it was not measured. */
export function figureOf(
  { rows }: Results,
  { row, figure }: Pick<Comparison, 'row' | 'figure'>,
  title: string,
): (Summary & { readonly ratio?: Summary }) | undefined {
  const found = rows.find(({ name }) => name === row);
  return found?.contenders.find((contender) => contender.title === title)?.figures[figure];
}
