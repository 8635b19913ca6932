import type { Command } from 'commander';
import { logLevelOption, type CommonOptions } from './options.js';

/** Adds `lightbus dumpconfigschema`. */
export function addDumpConfigSchemaCommand(program: Command): void {
  program
    .command('dumpconfigschema')
    .description('Print the JSON Schema of the configuration file, for editors and other tools')
    .option('-o, --out <file>', 'write it to this file (default: standard output)')
    .option('--python', 'only the keys that Python Lightbus knows, too: for a file that both read')
    .addOption(logLevelOption('info'))
    .addHelpText(
      'after',
      `
The schema is draft 7. Editors complete and check a file that names it in its first line:
  # yaml-language-server: $schema=./lightbus.schema.json

Python Lightbus refuses a file with a key that it does not know. Keys of this module's own go into a
second file, which is named after the shared one: later files win, key by key.

Example:
  $ lightbus dumpconfigschema --out lightbus.schema.json
  $ lightbus dumpconfigschema --python --out lightbus.shared.schema.json`,
    )
    .action(async ({ out, python }: CommonOptions & { out?: string; python?: true }) => {
      const { dumpConfigSchema } = await import('./schema/dump-config-schema.js');
      await dumpConfigSchema(out, python);
    });
}
