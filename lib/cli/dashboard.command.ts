import { InvalidArgumentError, type Command } from 'commander';
import type { DashboardOptions } from './dashboard/dashboard-options.js';
import { configOption, logLevelOption } from './options.js';

const HIGHEST_PORT = 65_535;

/** Adds `lightbus dashboard`. */
export function addDashboardCommand(program: Command): void {
  program
    .command('dashboard')
    .description('Serve a page that shows streams, history, listeners and dead letters')
    .option('-p, --port <number>', 'listen on this port; 0 takes a free one', parsePort, 8080)
    .option('--host <address>', 'listen on this address of this machine', '127.0.0.1')
    .option('--actions', 'let the page redrive and discard dead letters')
    .addOption(configOption())
    .addOption(logLevelOption('info'))
    .addHelpText(
      'after',
      `
The page is for this machine only, as it asks for no password. From another one, open a tunnel:
  $ ssh -L 8080:127.0.0.1:8080 <machine>
It needs a platform of Nest for HTTP: @nestjs/platform-express or @nestjs/platform-fastify.

Example:
  $ lightbus dashboard --port 8080 --actions`,
    )
    .action(async (options: DashboardOptions) => {
      const { showDashboard } = await import('./dashboard/show-dashboard.js');
      await showDashboard(options);
    });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= HIGHEST_PORT) return port;
  throw new InvalidArgumentError(`Expected a port, from 0 to ${HIGHEST_PORT}.`);
}
