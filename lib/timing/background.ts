/**
 * Starts work that nobody waits for, in this turn. Whatever it throws, at once or later, goes to `failed`:
 * every piece of work in the background is started by this, so that none ends the process, or ends unseen.
 *
 * @param failed makes the failure visible, or has the work begin again. If it throws itself, that is a
 *   fault of this module: a warning of the process.
 */
export function inBackground(work: () => Promise<unknown>, failed: (error: unknown) => void): void {
  try {
    work().then(undefined, failed).catch(warn);
  } catch (error) {
    try {
      failed(error);
    } catch (fault) {
      warn(fault);
    }
  }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
