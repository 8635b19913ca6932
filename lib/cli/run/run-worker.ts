import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { LightbusFeature } from '../../config/checks/features.js';
import { findConfig } from '../../config/sources/find-config.js';
import { VARIABLES } from '../../config/sources/environment.js';
import type { ResolvedConfig } from '../../config/settings/settings.js';
import { RESOLVED_CONFIG } from '../../lifecycle/supervisor.js';
import { LONGEST_TIMER_MS } from '../../timing/longest-timer.js';
import { EXIT } from '../command-error.js';
import { describeFoundConfig } from '../open-bus.js';
import { readDump } from '../schema/read-dump.js';
import { scanModules } from './application-modules.js';
import { HealthServer, STUCK_AFTER_S } from './health-server.js';
import { loadModule, type LoadedModule } from './load-module.js';
import type { RunOptions } from './run-options.js';
import { ShutdownSignals } from './shutdown-signals.js';
import { WorkerLogger } from './worker-logger.js';
import { WorkerModule } from './worker.module.js';

/**
 * `lightbus run`: starts the application and waits until it is asked to end, then drains it.
 *
 * @returns the exit code: 0, or `process.exitCode` where the application has set it, as a listener
 *   does that asks for shutdown.
 * @throws what stops the start.
 */
export async function runWorker(
  options: RunOptions,
  features: readonly LightbusFeature[] | undefined,
): Promise<number> {
  const signals = new ShutdownSignals();
  // A process without listeners has no connection that would keep it alive.
  const alive = setInterval(() => undefined, LONGEST_TIMER_MS);
  const logger = new WorkerLogger(options.logLevel);
  const probes = await listenForProbes(options, logger);
  const loaded = await loadModule(options.bus);
  const app = await start(loaded, options, features, logger);
  probes?.started(app);
  const silence = describeSilence(app, features !== undefined);
  if (silence !== undefined) logger.warn(silence, 'Lightbus');
  logger.log(describeWorker(app, loaded), 'Lightbus');
  const reason = await signals.first;
  probes?.draining();
  // Where a listener has asked for it, with a signal to this process, it is drained by now.
  if (process.exitCode === undefined) {
    logger.log(`${reason}: finishing what is in flight. Once more stops at once.`, 'Lightbus');
  }
  await app.close();
  await probes?.close();
  clearInterval(alive);
  return Number(process.exitCode ?? EXIT.done);
}

/** From before the start, as a slow one is no reason to be restarted. */
async function listenForProbes(
  { healthPort: port, healthHost: host, stuckAfter = STUCK_AFTER_S }: RunOptions,
  logger: WorkerLogger,
): Promise<HealthServer | undefined> {
  if (port === undefined) return undefined;
  const probes = new HealthServer({ port, host, stuckAfterMs: stuckAfter * 1000 });
  logger.log(`Answering probes at ${await probes.listen()}: /live, /ready, /health.`, 'Lightbus');
  return probes;
}

async function start(
  loaded: LoadedModule,
  { config, serviceName, processName, logLevel, schema }: RunOptions,
  features: readonly LightbusFeature[] | undefined,
  logger: WorkerLogger,
): Promise<INestApplicationContext> {
  await scanModules(loaded);
  const foundConfig = findConfig();
  const options = { config, serviceName, processName, features };
  const schemas = schema === undefined ? undefined : readDump(schema, '--schema');
  const commandLine = { options, foundConfig, logLevel, schemas };
  const app = await NestFactory.createApplicationContext(
    WorkerModule.for(loaded.module, commandLine),
    {
      logger,
      abortOnError: false,
    },
  );
  const { source, isFound } = configOf(app);
  if (isFound) logger.log(describeFoundConfig(source), 'Lightbus');
  return app;
}

function configOf(app: INestApplicationContext): ResolvedConfig {
  return app.get<ResolvedConfig>(RESOLVED_CONFIG, { strict: false });
}

/** Why no listeners run, and how to have them; `undefined` where they do. */
function describeSilence(app: INestApplicationContext, isAsked: boolean): string | undefined {
  if (configOf(app).features.includes('events')) return undefined;
  const [cause, remedy] = isAsked
    ? ['of --features, --only or --skip', 'Leave it out']
    : [`of ${VARIABLES.features}`, `Unset it, or add 'events' to it`];
  return (
    `Running without listeners, because ${cause}: 'events' is not among the features. This process fires ` +
    `events, and feeds projections; it handles none. ${remedy}, and listeners run.`
  );
}

function describeWorker(app: INestApplicationContext, { file, name }: LoadedModule): string {
  const { serviceName, processName } = configOf(app);
  return (
    `Running ${name} of ${file} as process '${processName}' of service '${serviceName}'. ` +
    'SIGINT or SIGTERM ends it.'
  );
}
