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
      new Option('--format <format>', "Lightbus's shape, or AsyncAPI 3 of the application alone")
        .choices(['lightbus', 'asyncapi'])
        .default('lightbus'),
    )
    .addOption(busOption('dist/app.module.js where it exists'))
    .addOption(configOption())
    .addOption(logLevelOption('warning'))
    .addHelpText(
      'after',
      `
Schemas on Redis are there while a worker publishes them. For an event that is known from both
places, the application's own schema is taken; it is not started for that. It is the schema of the
event's newest version, which $comment names where it is not 1.

The AsyncAPI document has the streams as channels, the events of forFeature as sent, and the listeners
of @OnEvent as receivers. No Redis is asked for it.

Examples:
  $ lightbus dumpschema --bus ./dist/app.module.js --out schema.json
  $ lightbus dumpschema --format asyncapi --bus ./dist/app.module.js --out asyncapi.json`,
    )
    .action(async (options: DumpSchemaOptions) => {
      const { dumpSchema } = await import('./schema/dump-schema.js');
      await dumpSchema(options);
    });
}
