export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}
export function median(values: readonly number[]): number;
export function summary(values: readonly number[]): Summary;
export function percentile(values: readonly number[], share: number): number;
export function ratiosWithinRounds(values: readonly number[], base: readonly number[]): number[];
export function orderOf<T>(round: number, contenders: readonly T[]): T[];
