import { createContext, Script } from 'node:vm';

const RUN = new Script('run()');
const CONTEXT = createContext({ run: () => undefined as unknown });

/**
 * Runs a synchronous function that may never end: a regular expression or a recursion that somebody else has written.
 * The watch costs about 0.1 ms.
 *
 * @param ms after which it is ended, by the clock on the wall: a machine that is busy needs longer for what is harmless.
 * @throws TooSlowError where it was ended; and what the function throws.
 */
export function limited<T>(run: () => T, ms: number): T {
  CONTEXT.run = run;
  try {
    return RUN.runInContext(CONTEXT, { timeout: ms }) as T;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new TooSlowError(`it takes longer than ${ms} ms`, { cause: error });
  } finally {
    CONTEXT.run = () => undefined;
  }
}

/** What {@link limited} has ended. */
class TooSlowError extends Error {}
