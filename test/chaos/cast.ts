/** A listener of a run, and the processes that work for it. */
export interface Role {
  readonly listener: string;
  /** Keeps order: it has a single worker. */
  readonly ordered: boolean;
  /** The places for its workers: each is taken by one process after another. */
  readonly workers: readonly string[];
}

/** The listener that keeps order, alone, and three processes that share one. */
export const ALONE_AND_SHARED: readonly Role[] = [
  { listener: 'ordered', ordered: true, workers: ['only'] },
  { listener: 'shared', ordered: false, workers: ['w1', 'w2', 'w3'] },
];

/** So many listeners side by side, each with a worker of its own. */
export function sideBySide(lanes: number): readonly Role[] {
  return Array.from({ length: lanes }, (_, i) => ({
    ...{ listener: `lane${i + 1}`, ordered: true, workers: [`worker_of_lane${i + 1}`] },
  }));
}
