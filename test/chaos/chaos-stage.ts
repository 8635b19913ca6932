import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { ChaosProcess } from './chaos-process.js';
import type { Role } from './cast.js';
import { ACKNOWLEDGEMENT_TIMEOUT_MS } from './fault-plan.js';

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
  /** Every so many events, a handler takes `slowMs`. */
  readonly slowEvery: number;
  /** Default: longer than `acknowledgement_timeout`. */
  readonly slowMs?: number;
  /** `acknowledgement_timeout`. Default {@link ACKNOWLEDGEMENT_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
}

/** A real Redis, a proxy before it, and the processes that use it, each through one more proxy of its own. */
export class ChaosStage {
  /** What must not have happened, whatever the fault. */
  readonly failures: string[] = [];
  private readonly workers = new Map<string, ChaosProcess>();
  /** How often a place's worker got another name. */
  private readonly renamed = new Map<string, number>();
  private firing?: ChaosProcess;

  private constructor(
    readonly dir: string,
    private readonly pace: Pace,
    readonly cast: readonly Role[],
    readonly redis: RedisServer,
    readonly proxy: TcpProxy,
    /** A connection that does not lead through the proxy. */
    readonly admin: Redis,
  ) {}

  /** Starts everything. What it writes is in `dir`, and stays there. */
  static async start(dir: string, pace: Pace, cast: readonly Role[]): Promise<ChaosStage> {
    const redisDir = join(dir, 'redis');
    mkdirSync(redisDir);
    const redis = await startRedis({ appendonly: true, dir: redisDir });
    const proxy = await startProxy(redis.port);
    const stage = new ChaosStage(dir, pace, cast, redis, proxy, redis.client());
    const started = await Promise.all(stage.places.map((place) => stage.startWorker(place)));
    await Promise.all(started.map((process) => process.whenReady()));
    const firer = { place: 'firer', name: 'firer' };
    stage.firing = await stage.startProcess('firer.mjs', firer, { service: 'firer' });
    await stage.firing.whenReady();
    return stage;
  }

  get streams(): string[] {
    return APIS.map(({ api }) => `${api}.*:stream`);
  }

  /** Where workers work: `cast`, place by place. */
  get places(): string[] {
    return this.cast.flatMap(({ workers }) => workers);
  }

  get firer(): ChaosProcess {
    if (!this.firing) throw new Error('There is no firer yet.');
    return this.firing;
  }

  groupOf(listener: string): string {
    return `${serviceOf(listener)}-${listener}`;
  }

  /** How many events of a stream a process may have handled before it knows that they are acknowledged. */
  inHand({ ordered }: Role): Record<string, number> {
    // Nobody else's events are to be taken over where there is one worker.
    const least = ordered ? 1 : RECLAIM_BATCH_SIZE;
    return Object.fromEntries(
      APIS.map(({ batchSize }, i) => [this.streams[i] ?? '', Math.max(least, batchSize)]),
    );
  }

  /** For which listener a place's processes work. */
  roleOf(place: string): Role {
    const role = this.cast.find(({ workers }) => workers.includes(place));
    if (!role) throw new Error(`Nobody works at '${place}'.`);
    return role;
  }

  /** The current incarnation at a place. */
  worker(place: string): ChaosProcess {
    const process = this.workers.get(place);
    if (!process) throw new Error(`No worker at '${place}'.`);
    return process;
  }

  /** Starts a worker, again perhaps: under the name of the one before it. */
  async startWorker(place: string): Promise<ChaosProcess> {
    const role = this.roleOf(place);
    const renamed = this.renamed.get(place) ?? 0;
    const name = renamed > 0 ? `${place}-${renamed}` : place;
    const process = await this.startProcess(
      'worker.mjs',
      { place, name },
      {
        ...{ service: serviceOf(role.listener), listener: role.listener },
        ...{ failEvery: 97, slowEvery: this.pace.slowEvery },
        slowMs: this.pace.slowMs ?? ACKNOWLEDGEMENT_TIMEOUT_MS + 500,
      },
    );
    this.workers.set(place, process);
    return process;
  }

  /** From now on the workers at a place have another name, as pods do. */
  rename(place: string): void {
    this.renamed.set(place, (this.renamed.get(place) ?? 0) + 1);
  }

  /** Fires no more. */
  async stopFirer(): Promise<void> {
    if (!(await this.firer.stop(30_000))) this.fail('The firer did not end.');
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

  /** File of the facts of a place's processes. */
  factsOf(place: string): string {
    return join(this.dir, `${place}.jsonl`);
  }

  /** File of what the processes at a place have logged. */
  outputOf(place: string): string {
    return join(this.dir, `${place}.log`);
  }

  private async startProcess(
    script: string,
    { place, name }: { place: string; name: string },
    more: Record<string, unknown>,
  ): Promise<ChaosProcess> {
    const network = await startProxy(this.proxy.port);
    const settings = {
      apis: APIS.map(({ api }) => ({ api, stream: `${api}.*:stream` })),
      config: Object.fromEntries(
        APIS.map(({ api, batchSize }) => [api, this.configOf(network.url, batchSize)]),
      ),
      intervalMs: this.pace.intervalMs,
      ...more,
    };
    const files = { facts: this.factsOf(place), output: this.outputOf(place) };
    return new ChaosProcess({ script, name, network, ...files, settings }, (message) =>
      this.fail(message),
    );
  }

  private configOf(url: string, batchSize: number): object {
    const { timeoutMs = ACKNOWLEDGEMENT_TIMEOUT_MS } = this.pace;
    const redis = {
      ...{ url, batch_size: batchSize, reclaim_batch_size: RECLAIM_BATCH_SIZE },
      ...{ acknowledgement_timeout: timeoutMs / 1000, reclaim_interval: 1 },
      consumption_restart_delay: 1,
    };
    return { event_fire_timeout: 2, event_transport: { redis } };
  }
}

function serviceOf(listener: string): string {
  return `service_of_${listener}`;
}
