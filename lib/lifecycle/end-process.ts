/**
 * Ends this process as a failed one, with exit code 1, for a listener with `onError: 'shutdown'`.
 *
 * Where somebody listens to SIGTERM (`enableShutdownHooks()`, the `lightbus` command) that is how the
 * application is closed; without, nobody else could close it, and the process ends here.
 *
 * @param close gives back what this module holds; must not reject.
 */
export async function endProcess(close: () => Promise<void>): Promise<void> {
  process.exitCode = 1;
  // Whoever ends the process with `process.exit(0)` (Nest's `useProcessExit`) does not know why.
  process.once('exit', () => (process.exitCode = 1));
  if (process.listenerCount('SIGTERM') === 0) {
    await close();
    process.exit();
  }
  process.on('SIGTERM', () => {
    // Nest sends the signal once more when it has closed and stopped listening. The default action
    // would end the process without an exit code, and not at all in a container (as process 1).
    if (process.listenerCount('SIGTERM') === 1) process.exit();
  });
  process.kill(process.pid, 'SIGTERM');
}
