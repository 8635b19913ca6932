import { once } from 'node:events';
import type { LoggerService } from '@nestjs/common';
import { serveDashboard } from '../../dashboard/standalone/serve-dashboard.js';
import { whenInterrupted } from '../interrupted.js';
import { openBus, readConfig } from '../open-bus.js';
import { Output } from '../output.js';
import { StderrLogger } from '../stderr-logger.js';
import type { DashboardOptions } from './dashboard-options.js';

/**
 * `lightbus dashboard`: serves the page until SIGINT or SIGTERM.
 *
 * @throws ConfigurationError
 */
export async function showDashboard(options: DashboardOptions): Promise<void> {
  const stop = whenInterrupted();
  const stderr = new StderrLogger(options.logLevel);
  const logger = loggerOf(stderr);
  const config = await readConfig(options, stderr);
  const streams = openBus(config, stderr, true);
  try {
    const parts = { config, streams, logger, service: config.source };
    const page = await serveDashboard(parts, options, logger);
    await new Output(process.stdout).write(`The page is at ${page.url}\n`);
    stderr.write('info', 'It answers this machine only. SIGINT or SIGTERM ends it.');
    if (!stop.aborted) await once(stop, 'abort');
    await page.close();
  } finally {
    await streams.close();
  }
}

/** What Nest tells of its start is nothing that is needed here. */
function loggerOf(
  stderr: StderrLogger,
): LoggerService & Record<'warn' | 'error', (message: string) => void> {
  const write = (level: 'debug' | 'warning' | 'error') => (message: unknown) =>
    stderr.write(level, String(message));
  return {
    log: write('debug'),
    warn: write('warning'),
    error: write('error'),
    fatal: write('error'),
  };
}
