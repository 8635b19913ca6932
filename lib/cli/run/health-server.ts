import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplicationContext } from '@nestjs/common';
import { RESOLVED_CONFIG } from '../../lifecycle/supervisor.js';
import type { ResolvedConfig } from '../../config/settings/settings.js';
import { BusHealth, type BusHealthReport } from '../../operations/bus-health.js';
import { Listeners } from '../../operations/listeners.js';
import { Projections } from '../../projections/projections.js';
import { Stores } from '../../store/stores.js';
import { CommandError } from '../command-error.js';

/** For how long nothing may move in a listener before its process no longer counts as live, s. */
export const STUCK_AFTER_S = 600;

/** How long one answer may take, ms: probes give up after a second or two. */
const ANSWER_MS = 900;

/** Where a worker answers probes. */
export interface HealthServerOptions {
  readonly port: number;
  /** @default all addresses */
  readonly host?: string;
  readonly stuckAfterMs: number;
}

interface Answer {
  readonly code: number;
  readonly body: object;
}

/**
 * Answers the probes of whoever runs a worker. `/live`: whether it gets on; where it does not, only a restart helps.
 * `/ready`: whether it has started, can use the bus, and is not being stopped. `/health`: all that is known.
 */
export class HealthServer {
  private readonly server: Server;
  private parts?: { readonly listeners: Listeners; readonly health: BusHealth };
  private isDraining = false;

  constructor(private readonly options: HealthServerOptions) {
    this.server = createServer((request, response) => {
      const { method = '', url = '' } = request;
      const path = url.split('?', 1)[0] ?? '';
      this.answer(method, path).then(
        (answer) => send(response, answer, method === 'HEAD'),
        (error: unknown) => send(response, { code: 500, body: { error: String(error) } }, false),
      );
    });
  }

  /** @returns where it answers. @throws CommandError where the port can't be had. */
  async listen(): Promise<string> {
    const { port, host } = this.options;
    try {
      await new Promise<void>((resolve, reject) => {
        this.server.once('error', reject).listen(port, host, resolve);
      });
    } catch (error) {
      throw new CommandError(
        `Can't answer probes on port ${port}${host === undefined ? '' : ` of ${host}`}: ${(error as Error).message}. ` +
          'Name another one with --health-port, or 0 for any that is free.',
      );
    }
    const { address, port: found, family } = this.server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${found}`;
  }

  /** The application runs. */
  started(app: INestApplicationContext): void {
    const get = <T>(token: symbol | (abstract new (...args: never[]) => T)): T =>
      app.get<T>(token, { strict: false });
    const listeners = get(Listeners);
    const parts = { stores: get(Stores), projections: get(Projections), listeners };
    const config = get<ResolvedConfig>(RESOLVED_CONFIG);
    this.parts = { listeners, health: new BusHealth({ ...parts, config }) };
  }

  /** The application is being stopped: it takes in nothing more. */
  draining(): void {
    this.isDraining = true;
  }

  /** Answers no more. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async answer(method: string, path: string): Promise<Answer> {
    const answers: Record<string, () => Promise<Answer>> = {
      '/live': async () => this.live(),
      '/ready': () => this.ready(),
      '/health': () => this.health(),
    };
    if (!Object.hasOwn(answers, path))
      return { code: 404, body: { error: `There are ${Object.keys(answers).join(', ')}.` } };
    if (method !== 'GET' && method !== 'HEAD') return { code: 405, body: { error: 'GET or HEAD' } };
    return (await answers[path]?.()) ?? { code: 404, body: {} };
  }

  private live(): Answer {
    const reasons = this.stuck();
    return { code: reasons.length > 0 ? 503 : 200, body: { live: reasons.length === 0, reasons } };
  }

  private async ready(): Promise<Answer> {
    const { reasons, report } = await this.readiness();
    const { degraded = [] } = report ?? {};
    const body = { ready: reasons.length === 0, reasons, degraded };
    return { code: reasons.length > 0 ? 503 : 200, body };
  }

  private async health(): Promise<Answer> {
    const { reasons, report } = await this.readiness();
    const stuck = this.stuck();
    const all = [...reasons, ...stuck];
    const body = { live: stuck.length === 0, ready: reasons.length === 0, reasons: all, ...report };
    return { code: all.length > 0 ? 503 : 200, body };
  }

  /** Why only a restart helps. One that drains ends by itself, within shutdown_timeout. */
  private stuck(): string[] {
    if (this.isDraining) return [];
    return this.parts?.listeners.standingStill(this.options.stuckAfterMs) ?? [];
  }

  private async readiness(): Promise<{
    readonly reasons: string[];
    readonly report?: BusHealthReport;
  }> {
    if (!this.parts) return { reasons: ['it has not started yet'] };
    const report = await this.parts.health.check(ANSWER_MS);
    const reasons = [
      ...(this.isDraining ? ['it is being stopped'] : []),
      ...(report.message === undefined ? [] : [report.message]),
    ];
    return { reasons, report };
  }
}

function send(response: ServerResponse, { code, body }: Answer, isHead: boolean): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(code, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(isHead ? undefined : text);
}
