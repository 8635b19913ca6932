import { onAbort } from './on-abort.js';

/** Waits for news, for a moment or until a signal is aborted. */
export class Rest {
  private wakeUp: () => void = () => undefined;

  /** Ends the rest that is under way. */
  wake(): void {
    this.wakeUp();
  }

  /**
   * @param ms for how long at most.
   * @param isOver whether there is news already, which came before this could be woken.
   */
  async rest(ms: number, signal: AbortSignal, isOver: () => boolean): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let forget: (() => void) | undefined;
    const woken = new Promise<void>((resolve) => {
      this.wakeUp = resolve;
      timer = setTimeout(resolve, ms);
      forget = onAbort(signal, this.wakeUp);
    });
    try {
      if (!signal.aborted && !isOver()) await woken;
    } finally {
      clearTimeout(timer);
      forget?.();
    }
  }
}
