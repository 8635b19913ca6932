/** Runs tasks of one key one after the other, and tasks of different keys side by side. */
export class KeyedLock {
  private readonly tails = new Map<string, Promise<unknown>>();

  /** Runs `task` when all earlier ones of `key` have settled. Settles as `task` does. */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const earlier = this.tails.get(key) ?? Promise.resolve();
    const result = earlier.then(task, task);
    this.tails.set(key, result);
    try {
      return await result;
    } finally {
      // The last one out removes the key, or the map would keep every order ever touched.
      if (this.tails.get(key) === result) this.tails.delete(key);
    }
  }
}
