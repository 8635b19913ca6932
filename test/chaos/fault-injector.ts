import { setTimeout as delay } from 'node:timers/promises';
import type { ChaosProcess } from './chaos-process.js';
import type { ChaosStage } from './chaos-stage.js';
import type { Fault, SilentTakeover } from './fault-plan.js';
import { FaultTurns } from './fault-turns.js';
import type { GroupLoss, Interruption, Kill, Takeover } from './history.js';

/** A process that was asked to end, and is not done with its events after this long, hangs, ms. */
const STOP_MS = 20_000;

/** How long after the end of its connection a command arrives late, ms: there is a new one by then. */
const LATE_MS = 1_000;

/** How long a process goes on that was replaced while it was cut off, ms. */
const REPLACED_MS = 4_000;

/** How long the handlers of a busy process take, ms: longer than from one event to the next. */
const BUSY_HANDLER_MS = 100;

/** Makes things go wrong, and writes down what the checker has to know of it. */
export class FaultInjector {
  readonly kills: Kill[] = [];
  readonly interruptions: Interruption[] = [];
  readonly groupLosses: GroupLoss[] = [];
  readonly takeovers: Takeover[] = [];
  /** How often each kind was injected. */
  readonly counts = new Map<Fault['kind'], number>();
  private readonly turns = new FaultTurns();

  constructor(
    private readonly stage: ChaosStage,
    private readonly note: (text: string) => void,
  ) {}

  /** Injects a fault. Resolves when its cause is over; its effects may last. */
  async inject(fault: Fault): Promise<void> {
    await this.turns.take(fault, async () => {
      this.note(`injects ${JSON.stringify(fault)}`);
      await this.carryOut(fault);
    });
    this.note(`is done with ${fault.kind}`);
    this.counts.set(fault.kind, (this.counts.get(fault.kind) ?? 0) + 1);
  }

  private async carryOut(fault: Fault): Promise<void> {
    const { redis, proxy, admin } = this.stage;
    switch (fault.kind) {
      case 'worker killed':
        await this.kill(this.stage.worker(fault.worker));
        await delay(fault.downMs);
        await this.startWorker(fault.worker);
        return;
      case 'rolling restart':
        for (const worker of fault.workers) await this.restart(worker);
        return;
      case 'rolling restart under new names':
        for (const worker of fault.workers) await this.replaceByNewName(worker, fault.busyMs);
        return;
      case 'worker paused':
        await this.pauseWorker(fault.worker, fault.ms);
        return;
      case 'worker replaced while paused':
        await this.replace(fault.worker, fault.ms);
        return;
      case 'network of a worker silent':
        return this.silence(this.stage.worker(fault.worker), () => delay(fault.ms));
      case 'network of a worker silent, its name taken over':
        return this.takeOver(fault);
      case 'clock of a worker set':
        this.stage.worker(fault.worker).setClock(fault.shiftMs);
        return;
      case 'network of the firer silent':
        return this.silence(this.stage.firer, () => delay(fault.ms));
      case 'clock of the firer set':
        this.stage.firer.setClock(fault.shiftMs);
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

  private async kill(process: ChaosProcess): Promise<void> {
    await process.kill();
    this.kills.push({ incarnation: process.pid, at: Date.now() });
  }

  private async startWorker(place: string): Promise<void> {
    const process = await this.stage.startWorker(place);
    await process.whenReady();
  }

  /** Ends it in the middle of a backlog, so that it has fetched what it has not begun. */
  private async replaceByNewName(place: string, busyMs: number): Promise<void> {
    this.stage.worker(place).makeBusy(BUSY_HANDLER_MS);
    await delay(busyMs);
    await this.restart(place, { renamed: true });
  }

  private async restart(place: string, { renamed = false } = {}): Promise<void> {
    const process = this.stage.worker(place);
    if (!(await process.stop(STOP_MS))) {
      this.stage.fail(`Process ${process.pid} (at '${place}') did not end within ${STOP_MS} ms.`);
    }
    if (renamed) this.stage.rename(place);
    await this.startWorker(place);
  }

  private async pauseWorker(place: string, ms: number): Promise<void> {
    const process = this.stage.worker(place);
    await this.interrupt(async () => {
      process.signal('SIGSTOP');
      await delay(ms);
      process.signal('SIGCONT');
    }, process.pid);
  }

  private async replace(place: string, ms: number): Promise<void> {
    const replaced = this.stage.worker(place);
    const from = Date.now();
    let takenAt = from;
    await this.interrupt(async () => {
      replaced.signal('SIGSTOP');
      await delay(ms);
      await this.startWorker(place);
      takenAt = Date.now();
      replaced.signal('SIGCONT');
    }, replaced.pid);
    await this.endReplaced(replaced, { place, how: 'stopped', from, takenAt });
  }

  private async takeOver({ worker: place, ms, lateMs }: SilentTakeover): Promise<void> {
    const replaced = this.stage.worker(place);
    const from = Date.now();
    let takenAt = from;
    await this.silence(replaced, async () => {
      await delay(ms);
      await this.startWorker(place);
      takenAt = Date.now();
      await delay(lateMs);
    });
    await this.endReplaced(replaced, { place, how: 'silent', from, takenAt });
  }

  /** It finds out that it was replaced, and has some time to do harm. */
  private async endReplaced(
    replaced: ChaosProcess,
    { place, ...takeover }: Pick<Takeover, 'how' | 'from' | 'takenAt'> & { place: string },
  ): Promise<void> {
    const { listener } = this.stage.roleOf(place);
    const by = this.stage.worker(place).pid;
    this.takeovers.push({ ...takeover, listener, replaced: replaced.pid, by, to: Date.now() });
    await delay(REPLACED_MS);
    await this.kill(replaced);
  }

  private silence(process: ChaosProcess, meanwhile: () => Promise<void>): Promise<void> {
    return this.interrupt(async () => {
      process.network.silence();
      await meanwhile();
      process.network.resume();
    }, process.pid);
  }

  private async pauseRedis(ms: number, meanwhile?: () => void): Promise<void> {
    process.kill(this.stage.redis.pid, 'SIGSTOP');
    await delay(ms / 2);
    meanwhile?.();
    await delay(ms / 2);
    process.kill(this.stage.redis.pid, 'SIGCONT');
  }

  private async destroyGroups(listener: string): Promise<void> {
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
