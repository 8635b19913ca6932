import { onAbort } from './on-abort.js';

/** A signal that follows others until it is unlinked. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Aborts it by itself. */
  abort(reason: unknown): void;
  /** From now on it follows nobody. To be called once it is not needed any more. */
  unlink(): void;
}

/**
 * A signal that is aborted with the first of `sources`. Not `AbortSignal.any`: on Node 20 what that makes stays
 * in memory for as long as its sources do (nodejs/node#54614), which is as long as this process for one of them.
 */
export function linkSignals(sources: readonly AbortSignal[]): LinkedSignal {
  const controller = new AbortController();
  const follow = () => controller.abort(sources.find(({ aborted }) => aborted)?.reason);
  const forget = sources.map((source) => onAbort(source, follow));
  if (sources.some(({ aborted }) => aborted)) follow();
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink: () => forget.forEach((one) => one()),
  };
}
