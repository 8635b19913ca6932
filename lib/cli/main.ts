// The `lightbus` command; lib/cli/lightbus.js imports this file.
import { createProgram } from './program.js';
import { reportError } from './report-error.js';

let verbose = false;
const program = createProgram();
program.hook('preAction', (_, command) => {
  verbose = command.opts<{ logLevel?: string }>().logLevel === 'debug';
});
// A reader that has read enough, as in `lightbus --help | head -1`, is no failure; a full disk is one.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.exit(reportError(error, verbose));
});
try {
  await program.parseAsync();
} catch (error) {
  // Half an application, or a connection that is being tried, would keep the process alive.
  process.exit(reportError(error, verbose));
}
