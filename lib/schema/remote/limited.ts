import { createContext, Script } from 'node:vm';

/** Longest time that a schema of somebody else's may hold up this process at once, ms. */
export const LONGEST_RUN_MS = 100;

const RUN = new Script('run()');
const CONTEXT = createContext({ run: () => undefined as unknown });

/**
 * Runs a synchronous function that may never end: a regular expression or a recursion that somebody else has written.
 * Ended after {@link LONGEST_RUN_MS}, at about 0.1 ms for the watch.
 *
 * @throws TooSlowError where it was ended; and what the function throws.
 */
export function limited<T>(run: () => T): T {
  CONTEXT.run = run;
  try {
    return RUN.runInContext(CONTEXT, { timeout: LONGEST_RUN_MS }) as T;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new TooSlowError(`it takes longer than ${LONGEST_RUN_MS} ms`, { cause: error });
  } finally {
    CONTEXT.run = () => undefined;
  }
}

/** What {@link limited} has ended. */
export class TooSlowError extends Error {}
