/** Who handles counts: every event must come once, and in order. The first one that counts waits for `release`. */
export class Handled {
  #next = 0;
  #wrong;
  #failed;
  #released;
  #release;
  #warm;
  #all;

  /**
   * @param warmUp how many events come first, and do not count.
   * @param count how many do.
   */
  constructor(warmUp, count) {
    this.first = warmUp;
    this.last = warmUp + count - 1;
    this.#released = new Promise((resolve) => (this.#release = resolve));
    const failed = new Promise((_, reject) => (this.#failed = reject));
    const warm = new Promise((resolve) => (this.#warm = resolve));
    const all = new Promise((resolve) => (this.#all = resolve));
    /** Resolves when the first one that counts is there. */
    this.warm = Promise.race([failed, warm]);
    /** Resolves when all were handled. @throws LostEvents where one is missing, twice, or out of order. */
    this.all = Promise.race([failed, all]);
    this.all.catch(() => undefined);
    this.warm.catch(() => undefined);
  }

  /** The handler of each peer. */
  async one({ n }) {
    if (n !== this.#next++) this.#complain(n);
    if (n === this.first) {
      this.#warm();
      await this.#released;
    }
    if (n === this.last) this.#all();
  }

  release() {
    this.#release();
  }

  #complain(n) {
    this.#wrong ??= new Error(
      `Event ${n} came where event ${this.#next - 1} was due: lost, twice, or out of order.`,
    );
    this.#failed(this.#wrong);
  }
}
