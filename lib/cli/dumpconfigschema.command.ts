import type { Command } from 'commander';
import { logLevelOption, type CommonOptions } from './options.js';

/** Adds `lightbus dumpconfigschema`. */
export function addDumpConfigSchemaCommand(program: Command): void {
  program
    .command('dumpconfigschema')
    .description('Print the JSON Schema of the configuration file, for editors and other tools')
    .option('-o, --out <file>', 'write it to this file (default: standard output)')
    .addOption(logLevelOption('warning'))
    .addHelpText(
      'after',
      `
The schema is draft 7. Editors complete and check a file that names it in its first line:
  # yaml-language-server: $schema=./lightbus.schema.json

Example:
  $ lightbus dumpconfigschema --out lightbus.schema.json`,
    )
    .action(async ({ out }: CommonOptions & { out?: string }) => {
      const { dumpConfigSchema } = await import('./schema/dump-config-schema.js');
      await dumpConfigSchema(out);
    });
}
