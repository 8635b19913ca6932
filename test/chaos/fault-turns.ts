import type { Fault } from './fault-plan.js';

/**
 * Which faults may be injected side by side. A process that ends while Redis is away can't hand its
 * events back, so that its successor under another name gets them late: such restarts, and what
 * concerns all processes, exclude one another. What concerns one process waits for nothing.
 */
export class FaultTurns {
  private faultOfAll: Promise<unknown> = Promise.resolve();
  private readonly restarts = new Set<Promise<unknown>>();

  /** Injects the fault by `run` when it may be. */
  take({ kind }: Fault, run: () => Promise<void>): Promise<void> {
    if (kind === 'rolling restart under new names') {
      const done = this.faultOfAll.then(run);
      const restarted = done.catch(() => undefined);
      this.restarts.add(restarted);
      void restarted.then(() => this.restarts.delete(restarted));
      return done;
    }
    if (isOfOneProcess(kind)) return run();
    const done = Promise.all([this.faultOfAll, ...this.restarts]).then(run);
    this.faultOfAll = done.catch(() => undefined);
    return done;
  }
}

function isOfOneProcess(kind: Fault['kind']): boolean {
  return kind === 'rolling restart' || /\b(worker|firer)\b/.test(kind);
}
