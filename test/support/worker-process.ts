import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { urlForTest } from './acl.js';
import { owned } from './owned.js';

/** Settings of {@link startWorker}. */
export interface WorkerSettings {
  readonly redisUrl: string;
  readonly api: string;
  readonly service: string;
  readonly process: string;
  /** Redis list that the worker appends its facts to. */
  readonly log: string;
  /** The event (its `n`) that the worker never finishes. */
  readonly hold?: number;
  /** Settings of `event_transport.redis`. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A worker application in a process of its own, on the built library. */
export interface WorkerProcess {
  readonly child: ChildProcess;
  /** Sends a signal and waits for the exit. @returns exit code, or `null` where the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts `worker.mjs`; what it handles is told in the Redis list `log`. Killed after the test file. */
export function startWorker(settings: WorkerSettings): WorkerProcess {
  const { redisUrl, api, service, process: name, log, hold, settings: redis = {} } = settings;
  const child = spawn(process.execPath, [fileURLToPath(new URL('worker.mjs', import.meta.url))], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      ...{ REDIS_URL: redisUrl, LOG_URL: urlForTest(redisUrl) },
      ...{ API: api, SERVICE: service, PROCESS: name, LOG: log },
      HOLD: String(hold ?? ''),
      SETTINGS: JSON.stringify(redis),
      NODE_OPTIONS: '',
    },
  });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const [code] = await exit;
    return code;
  };
  owned().onEnd(async () => {
    await end('SIGKILL');
  });
  return { child, end };
}
