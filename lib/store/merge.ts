/**
 * Merges sources, each in order, into one. Of each source it holds the next item only; of equal ones
 * that of the earlier source comes first.
 *
 * @param compare negative where `a` comes before `b`.
 */
export async function* mergeInOrder<T>(
  sources: readonly AsyncGenerator<T, void, void>[],
  compare: (a: T, b: T) => number,
): AsyncGenerator<T, void, void> {
  const heads = new Heads(compare);
  const first = await Promise.all(sources.map((source) => source.next()));
  first.forEach((result, i) => heads.add(result, i));
  for (;;) {
    const next = heads.take();
    if (!next) return;
    yield next.item;
    heads.add(await sources[next.source]?.next(), next.source);
  }
}

interface Head<T> {
  readonly item: T;
  /** Index of the source that it is the next item of. */
  readonly source: number;
}

/** The next item of each source, the next of all at the end. */
class Heads<T> {
  private readonly sorted: Head<T>[] = [];

  constructor(private readonly compare: (a: T, b: T) => number) {}

  add(result: IteratorResult<T, void> | undefined, source: number): void {
    if (!result || result.done) return;
    const head = { item: result.value, source };
    let [low, high] = [0, this.sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.sorted[middle];
      if (other && this.isBefore(head, other)) low = middle + 1;
      else high = middle;
    }
    this.sorted.splice(low, 0, head);
  }

  take(): Head<T> | undefined {
    return this.sorted.pop();
  }

  private isBefore(a: Head<T>, b: Head<T>): boolean {
    return (this.compare(a.item, b.item) || a.source - b.source) < 0;
  }
}
