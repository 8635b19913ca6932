import { setTimeout as delay } from 'node:timers/promises';
import type { ChaosStage } from './chaos-stage.js';
import type { Fault } from './fault-plan.js';
import type { GroupLoss, Interruption, Kill } from './history.js';

/** A process that was asked to end, and is not done with its events after this long, hangs, ms. */
const STOP_MS = 20_000;

/** How long after the end of its connection a command arrives late, ms: there is a new one by then. */
const LATE_MS = 1_000;

/** How long a process goes on that was replaced while it was paused, ms. */
const REPLACED_MS = 2_000;

/** Makes things go wrong, and writes down what the checker has to know of it. */
export class FaultInjector {
  readonly kills: Kill[] = [];
  readonly interruptions: Interruption[] = [];
  readonly groupLosses: GroupLoss[] = [];
  /** How often each kind was injected. */
  readonly counts = new Map<Fault['kind'], number>();

  constructor(
    private readonly stage: ChaosStage,
    private readonly note: (text: string) => void,
  ) {}

  /** Injects a fault. Resolves when its cause is over; its effects may last. */
  async inject(fault: Fault): Promise<void> {
    this.note(`injects ${JSON.stringify(fault)}`);
    await this.carryOut(fault);
    this.note(`is done with ${fault.kind}`);
    this.counts.set(fault.kind, (this.counts.get(fault.kind) ?? 0) + 1);
  }

  private async carryOut(fault: Fault): Promise<void> {
    const { redis, proxy, admin } = this.stage;
    switch (fault.kind) {
      case 'worker killed':
        await this.kill(fault.worker);
        await delay(fault.downMs);
        await this.stage.startWorker(fault.worker).whenReady();
        return;
      case 'rolling restart':
        for (const worker of fault.workers) await this.restart(worker);
        return;
      case 'worker paused':
        await this.pauseWorker(fault.worker, fault.ms);
        return;
      case 'worker replaced while paused':
        await this.replace(fault.worker, fault.ms);
        return;
      case 'Redis killed':
        return this.interrupt(async () => {
          await redis.kill();
          await delay(fault.downMs);
          await redis.restart();
        });
      case 'Redis paused':
        return this.interrupt(() => this.pauseRedis(fault.ms));
      case 'connections cut while Redis was paused':
        return this.interrupt(() => this.pauseRedis(fault.ms, () => proxy.cut()));
      case 'connections cut':
        proxy.cut();
        return;
      case 'connections refused':
        return this.interrupt(async () => {
          await proxy.refuse();
          proxy.cut();
          await delay(fault.ms);
          await proxy.accept();
        });
      case 'connections silent':
        return this.interrupt(async () => {
          proxy.pause();
          await delay(fault.ms);
          if (fault.cut) proxy.cut();
          proxy.resume();
        });
      case 'commands delivered late':
        return this.interrupt(async () => {
          proxy.pause();
          await delay(fault.ms);
          const deliver = proxy.abandon();
          proxy.resume();
          await delay(LATE_MS);
          deliver();
        });
      case 'answers lost':
        return this.interrupt(async () => {
          proxy.pause('answers');
          await delay(fault.ms);
          proxy.cut();
          proxy.resume();
        });
      case 'CLIENT KILL':
        await admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
        return;
      case 'SCRIPT FLUSH':
        await admin.script('FLUSH');
        return;
      case 'XGROUP DESTROY':
        await this.destroyGroups(fault.of);
        return;
      case 'out of memory':
        return this.interrupt(async () => {
          await admin.config('SET', 'maxmemory', 1);
          await delay(fault.ms);
          await admin.config('SET', 'maxmemory', 0);
        });
      case 'read-only':
        return this.interrupt(async () => {
          // A primary that does not exist: its data stay as they are.
          await admin.replicaof('127.0.0.1', 1);
          await delay(fault.ms);
          await admin.replicaof('NO', 'ONE');
        });
    }
  }

  private async kill(worker: string): Promise<void> {
    const process = this.stage.worker(worker);
    await process.kill();
    this.kills.push({ incarnation: process.pid, at: Date.now() });
  }

  private async restart(worker: string): Promise<void> {
    const process = this.stage.worker(worker);
    if (!(await process.stop(STOP_MS))) {
      this.stage.fail(`Process ${process.pid} ('${worker}') did not end within ${STOP_MS} ms.`);
    }
    await this.stage.startWorker(worker).whenReady();
  }

  private async pauseWorker(worker: string, ms: number): Promise<void> {
    const process = this.stage.worker(worker);
    await this.interrupt(async () => {
      process.signal('SIGSTOP');
      await delay(ms);
      process.signal('SIGCONT');
    }, process.pid);
  }

  private async replace(worker: string, ms: number): Promise<void> {
    const replaced = this.stage.worker(worker);
    await this.interrupt(async () => {
      replaced.signal('SIGSTOP');
      await delay(ms);
      await this.stage.startWorker(worker).whenReady();
      replaced.signal('SIGCONT');
    }, replaced.pid);
    await delay(REPLACED_MS);
    await replaced.kill();
    this.kills.push({ incarnation: replaced.pid, at: Date.now() });
  }

  private async pauseRedis(ms: number, meanwhile?: () => void): Promise<void> {
    process.kill(this.stage.redis.pid, 'SIGSTOP');
    await delay(ms / 2);
    meanwhile?.();
    await delay(ms / 2);
    process.kill(this.stage.redis.pid, 'SIGCONT');
  }

  private async destroyGroups(listener: 'ordered' | 'shared'): Promise<void> {
    for (const stream of this.stage.streams) {
      const from = Date.now();
      await this.stage.admin.xgroup('DESTROY', stream, this.stage.groupOf(listener));
      this.groupLosses.push({ stream, listener, from, to: Date.now() });
    }
  }

  private async interrupt(cause: () => Promise<void>, incarnation?: number): Promise<void> {
    const from = Date.now();
    await cause();
    this.interruptions.push({ from, to: Date.now(), incarnation });
  }
}
