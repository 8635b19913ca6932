/** Who handles counts: every event must come once, and in order. The first one that counts waits for `release`. */
export class Handled {
  #next = 0;
  #released = open();
  #warm = open();
  #all = open();
  #watch;

  /**
   * @param warmUp how many events come first, and do not count.
   * @param count how many do.
   * @param patience after how long without an event those to come are lost, ms.
   */
  constructor(warmUp, count, patience = 10_000) {
    this.first = warmUp;
    this.last = warmUp + count - 1;
    for (const { promise } of [this.#warm, this.#all]) promise.catch(() => undefined);
    let seen;
    this.#watch = setInterval(() => {
      if (seen === this.#next) this.#fail(`Event ${seen} did not come`);
      seen = this.#next;
    }, patience);
  }

  /** Resolves when the first one that counts is there. */
  get warm() {
    return this.#warm.promise;
  }

  /** Resolves when all were handled; rejects where one is missing, comes twice, or out of order. */
  get all() {
    return this.#all.promise;
  }

  /** The handler of each peer. */
  async one({ n }) {
    if (n !== this.#next) this.#fail(`Event ${n} came where event ${this.#next} was due`);
    this.#next++;
    if (n === this.first) {
      this.#warm.resolve();
      await this.#released.promise;
    }
    if (n === this.last) {
      clearInterval(this.#watch);
      this.#all.resolve();
    }
  }

  release() {
    this.#released.resolve();
  }

  #fail(what) {
    clearInterval(this.#watch);
    const error = new Error(`${what}: events were lost, or came twice or out of order.`);
    this.#warm.reject(error);
    this.#all.reject(error);
  }
}

function open() {
  let resolve;
  let reject;
  const promise = new Promise((...settle) => ([resolve, reject] = settle));
  return { promise, resolve, reject };
}
