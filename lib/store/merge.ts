/** The items of a source that are at hand, and how many of them were taken. */
interface Head<T> {
  page: readonly T[];
  next: number;
  /** Index of the source. */
  readonly source: number;
}

/**
 * Merges sources, each in order, into one. All come page by page: what is given at once is what is in order
 * until the page of one source is used up. Of equal items that of the earlier source comes first. Pulling the next
 * page is what reads.
 *
 * @param compare negative where `a` comes before `b`.
 */
export async function* mergeInOrder<T>(
  sources: readonly AsyncGenerator<readonly T[], void, void>[],
  compare: (a: T, b: T) => number,
): AsyncGenerator<readonly T[], void, void> {
  const [only] = sources;
  if (only && sources.length === 1) {
    yield* only;
    return;
  }
  const heads = new Heads(compare);
  const first = await Promise.all(sources.map((source) => nextPage(source)));
  first.forEach((page, source) => heads.add({ page, next: 0, source }));
  for (;;) {
    const run: T[] = [];
    const usedUp = heads.takeRun(run);
    if (!usedUp) return;
    yield run;
    heads.add({ page: await nextPage(sources[usedUp.source]), next: 0, source: usedUp.source });
  }
}

/** One that is not empty; `[]` at the end. */
async function nextPage<T>(
  source: AsyncGenerator<readonly T[], void, void> | undefined,
): Promise<readonly T[]> {
  for (;;) {
    const result = await source?.next();
    if (!result || result.done) return [];
    if (result.value.length > 0) return result.value;
  }
}

/** What is at hand of each source, the next of all at the end. */
class Heads<T> {
  private readonly sorted: Head<T>[] = [];

  constructor(private readonly compare: (a: T, b: T) => number) {}

  /** Adds what is left of a page, if anything is. */
  add(head: Head<T>): void {
    if (head.next >= head.page.length) return;
    let [low, high] = [0, this.sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.sorted[middle];
      if (other && this.isBefore(head, other)) low = middle + 1;
      else high = middle;
    }
    this.sorted.splice(low, 0, head);
  }

  /** Takes what comes next, until a page is used up. @returns that page's head; `undefined` where nothing is left. */
  takeRun(run: T[]): Head<T> | undefined {
    for (;;) {
      const head = this.sorted.pop();
      if (!head) return undefined;
      run.push(head.page[head.next++] as T);
      if (head.next === head.page.length) return head;
      this.add(head);
    }
  }

  private isBefore(a: Head<T>, b: Head<T>): boolean {
    const order = this.compare(a.page[a.next] as T, b.page[b.next] as T);
    return (order || a.source - b.source) < 0;
  }
}
