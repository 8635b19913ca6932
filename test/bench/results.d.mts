import type { Row, Run } from './runner.mjs';
import type { Summary } from './statistics.mjs';

export interface Result {
  readonly contenders: readonly {
    readonly title: string;
    readonly figures: Readonly<Record<string, Summary & { readonly ratio?: Summary }>>;
    readonly retries: number;
    readonly disturbed: number;
  }[];
}
export function resultOf(
  row: Row,
  runs: readonly Run[],
  how: { readonly mode: string; readonly rounds: number },
): Result;
