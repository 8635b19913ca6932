/** Counts what is handled. The first event waits until all of them are stored. */
export class Handled {
  #count = 0;
  #wanted = Infinity;
  #reached;
  #release;
  #gate = new Promise((resolve) => (this.#release = resolve));

  /** To be awaited by each handler. */
  async one() {
    if (this.#count === 0) await this.#gate;
    if (++this.#count === this.#wanted) this.#reached();
  }

  release() {
    this.#release();
  }

  whenHandled(count) {
    this.#wanted = count;
    return new Promise((resolve) => (this.#reached = resolve));
  }
}
