import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addDashboardCommand } from './dashboard.command.js';
import { addDeadLettersCommand } from './deadletters.command.js';
import { addDumpConfigSchemaCommand } from './dumpconfigschema.command.js';
import { addDumpSchemaCommand } from './dumpschema.command.js';
import { addInspectCommand } from './inspect.command.js';
import { addRetireCommand } from './retire.command.js';
import { addRunCommand } from './run.command.js';
import { addStatusCommand } from './status.command.js';

const EXIT_CODES = `
Exit codes:
  0         done; 'run' has drained after SIGINT or SIGTERM
  1         failed: could not start, or a listener asked for shutdown
  2         wrong use: an unknown command or option, or an impossible value of one
  130, 143  'run' was stopped at once, by a second SIGINT or SIGTERM

Example:
  $ lightbus run --service-name=example_service --process-name=worker`;

/**
 * The command line's commands and options. What a command does is loaded when it runs, so that
 * `inspect` does not carry Nest along.
 */
export function createProgram(): Command {
  const program = new Command('lightbus')
    .description('Runs Nest applications on a Lightbus bus, and shows what is on it.')
    .version(packageVersion(), '-V, --version', 'print the version of nestjs-lightbus')
    // `inspect --version '>=2'` is an option of inspect.
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText('after', EXIT_CODES);
  addRunCommand(program);
  addInspectCommand(program);
  addStatusCommand(program);
  addDeadLettersCommand(program);
  addRetireCommand(program);
  addDashboardCommand(program);
  addDumpSchemaCommand(program);
  addDumpConfigSchemaCommand(program);
  return program;
}

function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
