/** Aborted by SIGINT or SIGTERM, which end a command that would go on and on; its exit code is 0. */
export function whenInterrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => controller.abort());
  return controller.signal;
}
