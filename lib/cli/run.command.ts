import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Feature } from '../config/module-options.js';
import { busOption, configOption, logLevelOption } from './options.js';
import type { RunOptions } from './run/run-options.js';

/** Lightbus's features. Of these, this module has events; the others are accepted, and stay off. */
const LIGHTBUS_FEATURES: readonly string[] = ['events', 'rpcs', 'tasks'];

/** Adds `lightbus run`. */
export function addRunCommand(program: Command): void {
  program
    .command('run')
    .description('Run a worker: the listeners of a built Nest application, until SIGINT or SIGTERM')
    .addOption(busOption('dist/app.module.js'))
    .option('-s, --service-name <name>', 'name of the service (LIGHTBUS_SERVICE_NAME)')
    .option('-p, --process-name <name>', 'name of this process within it (LIGHTBUS_PROCESS_NAME)')
    .addOption(configOption())
    .addOption(logLevelOption("the configuration's bus.log_level; of Nest and the application all"))
    .addOption(
      featuresOption('-f, --features <features>', 'take part in these; none if empty').conflicts([
        'only',
        'skip',
      ]),
    )
    .addOption(featuresOption('-o, --only <features>', 'the same').conflicts('skip'))
    .addOption(featuresOption('-k, --skip <features>', 'take part in all but these'))
    .addHelpText(
      'after',
      `
Options here are stronger than those of LightbusModule.forRoot, the environment and the file.
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

/**
 * The features that the command line asks for; undefined where it says nothing. Lightbus's features
 * that do not exist here can be neither on nor off.
 */
export function chooseFeatures({ features, only, skip }: RunOptions): Feature[] | undefined {
  const chosen = features ?? only;
  if (chosen) return chosen.includes('events') ? ['events'] : [];
  if (skip) return skip.includes('events') ? [] : ['events'];
  return undefined;
}

function featuresOption(flags: string, description: string): Option {
  return new Option(
    flags,
    `${description} (comma separated: ${LIGHTBUS_FEATURES.join(', ')})`,
  ).argParser(parseFeatures);
}

function parseFeatures(text: string): string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const unknown = names.filter((name) => !LIGHTBUS_FEATURES.includes(name));
  if (unknown.length > 0) {
    throw new InvalidArgumentError(
      `Unknown: ${unknown.join(', ')}. Lightbus has ${LIGHTBUS_FEATURES.join(', ')}.`,
    );
  }
  return names;
}
