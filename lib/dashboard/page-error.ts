/** A request that can't be fulfilled: it is answered with a page that says why, and what to do. */
export class PageError extends Error {
  /**
   * @param status of HTTP.
   * @param title in a few words.
   * @param message what was wrong, and what to do. No HTML.
   */
  constructor(
    readonly status: number,
    readonly title: string,
    message: string,
  ) {
    super(message);
  }
}

/** Somebody has asked who may not see anything of the page: not even whose it is. */
export class AccessRefusedError extends PageError {}
