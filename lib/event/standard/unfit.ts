/** What is unfit about one place of a schema. */
export interface Unfit {
  /** Names of properties; `[]` for items. */
  readonly path: readonly string[];
  /** `a transform`, `a Date`. */
  readonly what: string;
  /** Whether it makes another value of what is given, or lets through what JSON can't carry back. */
  readonly how: 'changes' | 'uncarried';
}
