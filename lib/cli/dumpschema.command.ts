import { Option, type Command } from 'commander';
import { busOption, configOption, logLevelOption } from './options.js';
import type { DumpSchemaOptions } from './schema/dump-schema-options.js';

/** Adds `lightbus dumpschema`. */
export function addDumpSchemaCommand(program: Command): void {
  program
    .command('dumpschema')
    .description(
      'Print the JSON Schemas of all events: those on Redis and those of the application',
    )
    .option('-o, --out <path>', 'write to this file, or one file per API into this directory')
    .addOption(
      new Option('--history', 'print what was published before, a line of JSON each').conflicts([
        'out',
        'check',
      ]),
    )
    .addOption(
      new Option('--api <name>', 'with --history: of this API only').conflicts(['out', 'check']),
    )
    .addOption(
      new Option(
        '--check <path>',
        "compare the application's events with this dump, a file or a folder; exit code 1 where a change breaks somebody",
      ).conflicts('out'),
    )
    .addOption(
      new Option('--format <format>', "Lightbus's shape, or AsyncAPI 3 of the application alone")
        .choices(['lightbus', 'asyncapi'])
        .default('lightbus'),
    )
    .addOption(busOption('dist/app.module.js where it exists'))
    .addOption(configOption())
    .addOption(logLevelOption('info'))
    .addHelpText(
      'after',
      `
Schemas on Redis are there while a worker publishes them. For an event that is known from both
places, the application's own schema is taken; it is not started for that. It is the schema of the
event's newest version, which $comment names where it is not 1. Where Redis is, --config says, else
the application's forRoot, else the environment or the current folder, as for run.

--check asks no Redis, and ends with 2 where the dump can't be read. A change breaks old events where some that are stored do not satisfy the new
schema, and old readers where new events are none that they expect. A higher version with upcasters
for every step between is compatible.

The AsyncAPI document has the streams as channels, the events of forFeature as sent, and the listeners
of @OnEvent as receivers. No Redis is asked for it.

Example:
  $ lightbus dumpschema --bus ./dist/app.module.js --out schema.json
  $ lightbus dumpschema --bus ./dist/app.module.js --check schema.json
  $ lightbus dumpschema --history --api store.orders
  $ lightbus dumpschema --format asyncapi --bus ./dist/app.module.js --out asyncapi.json`,
    )
    .action(async (options: DumpSchemaOptions, command: Command) => {
      if (options.api !== undefined && !options.history)
        command.error("error: option '--api <name>' is about --history only");
      if (options.check !== undefined) {
        const { checkSchema } = await import('./schema/check-schema.js');
        process.exitCode = await checkSchema(options.check, options);
        return;
      }
      if (options.history) {
        const { printSchemaHistory } = await import('./schema/schema-history.js');
        await printSchemaHistory(options);
        return;
      }
      const { dumpSchema } = await import('./schema/dump-schema.js');
      await dumpSchema(options);
    });
}
