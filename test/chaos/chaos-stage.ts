import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { ChaosProcess } from './chaos-process.js';
import { ACKNOWLEDGEMENT_TIMEOUT_MS, ORDERED_WORKER, SHARED_WORKERS } from './fault-plan.js';

/** Two APIs, so that listeners read two streams: one event at a time as in the event-sourcing settings, and ten. */
const APIS = [
  { api: 'chaos.one', batchSize: 1 },
  { api: 'chaos.ten', batchSize: 10 },
];

const RECLAIM_BATCH_SIZE = 10;

/** How lively it is. */
export interface Pace {
  /** Between two events of an API, ms. */
  readonly intervalMs: number;
  /** Every so many events, a handler takes longer than `acknowledgement_timeout`. */
  readonly slowEvery: number;
}

/** A real Redis, a proxy before it, and the processes that use it. */
export class ChaosStage {
  /** What must not have happened, whatever the fault. */
  readonly failures: string[] = [];
  private readonly workers = new Map<string, ChaosProcess>();
  private firer?: ChaosProcess;

  private constructor(
    readonly dir: string,
    private readonly pace: Pace,
    readonly redis: RedisServer,
    readonly proxy: TcpProxy,
    /** A connection that does not lead through the proxy. */
    readonly admin: Redis,
  ) {}

  /** Starts everything. What it writes is in `dir`, and stays there. */
  static async start(dir: string, pace: Pace): Promise<ChaosStage> {
    const redisDir = join(dir, 'redis');
    mkdirSync(redisDir);
    const redis = await startRedis({ appendonly: true, dir: redisDir });
    const proxy = await startProxy(redis.port);
    const stage = new ChaosStage(dir, pace, redis, proxy, redis.client());
    const started = [ORDERED_WORKER, ...SHARED_WORKERS].map((name) => stage.startWorker(name));
    await Promise.all(started.map((process) => process.whenReady()));
    stage.firer = stage.startProcess('firer.mjs', 'firer', { service: 'firer' });
    await stage.firer.whenReady();
    return stage;
  }

  get streams(): string[] {
    return APIS.map(({ api }) => `${api}.*:stream`);
  }

  groupOf(listener: 'ordered' | 'shared'): string {
    return `${serviceOf(listener)}-${listener}`;
  }

  /** How many events of a stream a process may have handled before it knows that they are acknowledged. */
  inHand(listener: 'ordered' | 'shared'): Record<string, number> {
    // Nobody else's events are to be taken over where there is one worker.
    const least = listener === 'ordered' ? 1 : RECLAIM_BATCH_SIZE;
    return Object.fromEntries(
      APIS.map(({ batchSize }, i) => [this.streams[i] ?? '', Math.max(least, batchSize)]),
    );
  }

  /** The current incarnation of a worker. */
  worker(name: string): ChaosProcess {
    const process = this.workers.get(name);
    if (!process) throw new Error(`No worker '${name}'.`);
    return process;
  }

  /** Starts a worker, again perhaps. */
  startWorker(name: string): ChaosProcess {
    const listener = name === ORDERED_WORKER ? 'ordered' : 'shared';
    const process = this.startProcess('worker.mjs', name, {
      ...{ service: serviceOf(listener), listener },
      ...{
        failEvery: 97,
        slowEvery: this.pace.slowEvery,
        slowMs: ACKNOWLEDGEMENT_TIMEOUT_MS + 500,
      },
    });
    this.workers.set(name, process);
    return process;
  }

  /** Fires no more. */
  async stopFirer(): Promise<void> {
    if (!(await this.firer?.stop(30_000))) this.fail('The firer did not end.');
  }

  /** Ends the workers as a deployment would. */
  async stopWorkers(): Promise<void> {
    const ended = await Promise.all(
      [...this.workers.values()].map((process) => process.stop(20_000)),
    );
    if (ended.includes(false)) this.fail('A worker did not end within 20 s of SIGTERM.');
  }

  /** Tells of something that no fault may cause. */
  fail(message: string): void {
    this.failures.push(message);
  }

  /** File of a process's facts. */
  factsOf(name: string): string {
    return join(this.dir, `${name}.jsonl`);
  }

  /** File of what a process has logged. */
  outputOf(name: string): string {
    return join(this.dir, `${name}.log`);
  }

  private startProcess(script: string, name: string, more: Record<string, unknown>): ChaosProcess {
    const settings = {
      apis: APIS.map(({ api }) => ({ api, stream: `${api}.*:stream` })),
      config: Object.fromEntries(APIS.map(({ api, batchSize }) => [api, this.config(batchSize)])),
      intervalMs: this.pace.intervalMs,
      ...more,
    };
    return new ChaosProcess(
      { script, name, facts: this.factsOf(name), output: this.outputOf(name), settings },
      (message) => this.fail(message),
    );
  }

  private config(batchSize: number): object {
    const redis = {
      ...{ url: this.proxy.url, batch_size: batchSize, reclaim_batch_size: RECLAIM_BATCH_SIZE },
      ...{ acknowledgement_timeout: ACKNOWLEDGEMENT_TIMEOUT_MS / 1000, reclaim_interval: 1 },
      consumption_restart_delay: 1,
    };
    return { event_fire_timeout: 2, event_transport: { redis } };
  }
}

function serviceOf(listener: 'ordered' | 'shared'): string {
  return listener === 'ordered' ? 'one_worker' : 'three_workers';
}
