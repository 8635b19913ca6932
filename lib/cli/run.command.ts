import { InvalidArgumentError, Option, type Command } from 'commander';
import { FEATURES, LIGHTBUS_FEATURES, type LightbusFeature } from '../config/checks/features.js';
import { busOption, configOption, logLevelOption, portNumber, positiveInteger } from './options.js';
import type { RunOptions } from './run/run-options.js';

/** Adds `lightbus run`. */
export function addRunCommand(program: Command): void {
  program
    .command('run')
    .description('Run a worker: the listeners of a built Nest application, until SIGINT or SIGTERM')
    .addOption(busOption('dist/app.module.js'))
    .option('-s, --service-name <name>', 'name of the service (LIGHTBUS_SERVICE_NAME)')
    .option('-p, --process-name <name>', 'name of this process within it (LIGHTBUS_PROCESS_NAME)')
    .addOption(configOption())
    .option(
      '-m, --schema <path>',
      'file or folder with schemas, as dumpschema writes them: what events without a class here must satisfy, stronger than what is published',
    )
    .addOption(logLevelOption("the configuration's bus.log_level; of Nest and the application all"))
    .addOption(
      featuresOption(
        '-f, --features <features>',
        'take part in these; none if empty; default: LIGHTBUS_FEATURES, events',
      ).conflicts(['only', 'skip']),
    )
    .addOption(featuresOption('-o, --only <features>', 'the same').conflicts('skip'))
    .addOption(featuresOption('-k, --skip <features>', 'take part in all but these'))
    .option(
      '--health-port <port>',
      'answer probes over HTTP: /live, /ready and /health; 0 for any port that is free (default: off)',
      portNumber,
    )
    .option('--health-host <host>', 'where to answer them (default: all addresses)')
    .option(
      '--stuck-after <seconds>',
      'not live once nothing has moved in a listener for so long: a handler has not returned (default: 600)',
      positiveInteger,
    )
    .addHelpText(
      'after',
      `
Options here are stronger than those of LightbusModule.forRoot, the environment and the file.
A worker listens, also to a module whose forRoot says features: [], so that one module serves an API
and its workers. Only --features, --only, --skip and LIGHTBUS_FEATURES can say otherwise.
The first SIGINT or SIGTERM drains: handlers in flight finish, their events are acknowledged, and
the exit code is 0. A second one stops at once, with 130 or 143: what was in flight stays pending.
A supervisor or container should call node_modules/.bin/lightbus: npx ends at SIGTERM without
waiting for the worker, which notices and drains on its own, and gets no SIGINT that npx is sent.

Example:
  $ lightbus run --service-name=example_service --process-name=worker1`,
    )
    .action(async (options: RunOptions) => {
      const { runWorker } = await import('./run/run-worker.js');
      process.exit(await runWorker(options, chooseFeatures(options)));
    });
}

/** The features that the command line asks for; undefined where it says nothing. */
export function chooseFeatures({
  features,
  only,
  skip,
}: RunOptions): readonly LightbusFeature[] | undefined {
  return features ?? only ?? (skip && FEATURES.filter((feature) => !skip.includes(feature)));
}

function featuresOption(flags: string, description: string): Option {
  return new Option(
    flags,
    `${description} (comma separated: ${LIGHTBUS_FEATURES.join(', ')})`,
  ).argParser(parseFeatures);
}

function parseFeatures(text: string): LightbusFeature[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const unknown = names.filter((name) => !(LIGHTBUS_FEATURES as readonly string[]).includes(name));
  if (unknown.length > 0) {
    throw new InvalidArgumentError(
      `Unknown: ${unknown.join(', ')}. Lightbus has ${LIGHTBUS_FEATURES.join(', ')}.`,
    );
  }
  return LIGHTBUS_FEATURES.filter((feature) => names.includes(feature));
}
