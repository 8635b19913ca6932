import 'reflect-metadata';
import type { INestApplication, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigurationError } from '../../errors.js';
import { DashboardBus, type DashboardBusParts } from '../dashboard-bus.js';
import type { LightbusDashboardSettings } from '../dashboard-options.js';
import { isLoopbackHost } from '../security/loopback.js';
import { findHttpPlatform } from './http-platform.js';
import { StandaloneDashboardModule } from './standalone.module.js';

/** Where the page is to be, and what it may do. */
export interface ServeOptions extends Pick<LightbusDashboardSettings, 'actions'> {
  /** An address of this machine. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** A page that is being served. */
export interface ServedDashboard {
  readonly url: string;
  /** Serves no more, and ends what it serves; leaves the bus open. */
  close(): Promise<void>;
}

/**
 * Serves the page on its own, on whatever platform of Nest is installed.
 *
 * @param parts what the page looks at; it is not closed with the page.
 * @param logger is told what goes wrong.
 * @throws ConfigurationError where `host` is not of this machine, the port is taken, or no platform is installed.
 */
export async function serveDashboard(
  parts: DashboardBusParts,
  { host, port, actions }: ServeOptions,
  logger: LoggerService,
): Promise<ServedDashboard> {
  if (!isLoopbackHost(host.includes(':') ? `[${host}]` : host)) throw tooOpen(host, port);
  const app = await NestFactory.create(
    StandaloneDashboardModule.for(new DashboardBus(parts), { actions }),
    await findHttpPlatform(),
    // Browsers keep connections open.
    { logger, abortOnError: false, forceCloseConnections: true },
  );
  try {
    await app.listen(port, host);
  } catch (error) {
    await app.close();
    throw notListening(host, port, error);
  }
  return { url: addressOf(app, host), close: () => app.close() };
}

function addressOf(app: INestApplication, host: string): string {
  const server = app.getHttpServer() as { address(): { readonly port: number } };
  return `http://${host.includes(':') ? `[${host}]` : host}:${server.address().port}/`;
}

function tooOpen(host: string, port: number): ConfigurationError {
  return new ConfigurationError(
    `The page would be open to whoever reaches ${host}, and it asks nobody for a password. It is served on this ` +
      `machine only (--host 127.0.0.1). From afar, go through a tunnel: 'ssh -L ${port}:127.0.0.1:${port} <machine>' or ` +
      `'kubectl port-forward <pod> ${port}', and open http://127.0.0.1:${port}/. For more people, import ` +
      'LightbusDashboardModule into an application, with guards.',
  );
}

function notListening(host: string, port: number, error: unknown): ConfigurationError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason =
    code === 'EADDRINUSE'
      ? 'another process does so already: take another one with --port'
      : message;
  return new ConfigurationError(
    `The page can't be served on port ${port} of ${host}: ${reason}.`,
    [],
    {
      cause: error,
    },
  );
}
