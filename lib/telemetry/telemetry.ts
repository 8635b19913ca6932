import { readFileSync } from 'node:fs';
import { ATTEMPTS, FIRING, SETTLING } from '../channels/channels.js';
import type { ResolvedConfig } from '../config/settings/settings.js';
import { ConfigurationError } from '../errors.js';
import { describeError } from '../handling/describe-error.js';
import type { Listeners } from '../operations/listeners.js';
import type { Stores } from '../store/stores.js';
import { HandledMessages } from './handled-messages.js';
import { createInstruments } from './instruments.js';
import { ListenerMetrics } from './listener-metrics.js';
import type { Api } from './open-telemetry.js';
import { ProcessSpans } from './process-spans.js';
import { SendSpans } from './send-spans.js';
import { Servers } from './servers.js';
import { SettleSpans } from './settle-spans.js';
import type { SpanParts } from './span-parts.js';
import type { TelemetrySettings } from './telemetry-options.js';
import { TracedSpans } from './traced-spans.js';

/** Whose applications are watched. */
const WATCHED = new WeakMap<Stores, Telemetry>();

/** What there is to watch. */
export interface WatchedApplication {
  readonly stores: Stores;
  readonly config: ResolvedConfig;
  readonly listeners: Listeners;
}

/** Watches one application, from when it is made until its stores are closed. */
export class Telemetry {
  private readonly traced: readonly { close(): void }[];

  /** @throws ConfigurationError where the application is watched already. */
  constructor(
    api: Api,
    settings: TelemetrySettings,
    { stores, config, listeners }: WatchedApplication,
  ) {
    const other = WATCHED.get(stores);
    if (other) {
      // The application won't start, and Nest calls no hooks of what it can't put together.
      other.close();
      throw new ConfigurationError(
        'LightbusTelemetryModule.forRoot is imported more than once, so everything would be told more than once. ' +
          'Import it in the root module only.',
      );
    }
    WATCHED.set(stores, this);
    const scope = ['nestjs-lightbus', packageVersion()] as const;
    const meter = (settings.meterProvider ?? api.metrics).getMeter(...scope);
    const parts: SpanParts = {
      ...{ api, settings, servers: new Servers(stores), clientId: config.processName },
      consumerOf: (apiName) => stores.forApi(apiName).settings.event_transport.consumer_name,
      tracer: (settings.tracerProvider ?? api.trace).getTracer(...scope),
      instruments: createInstruments(meter),
    };
    const tell = (error: unknown) =>
      api.diag.warn(
        `nestjs-lightbus/telemetry: a listener can't be measured: ${describeError(error)}`,
      );
    const handled = new HandledMessages();
    const { token } = stores.holder;
    this.traced = [
      new TracedSpans(api, token, FIRING, new SendSpans(parts)),
      new TracedSpans(api, token, ATTEMPTS, new ProcessSpans(parts, handled)),
      new TracedSpans(api, token, SETTLING, new SettleSpans(parts, handled)),
      ...(settings.listenerMetrics ? [new ListenerMetrics(meter, listeners, stores, tell)] : []),
    ];
    // However the application ends; also one that fails to start, of which Nest calls no hooks.
    stores.closeWith(async () => this.close());
  }

  private close(): void {
    for (const spans of this.traced) spans.close();
  }
}

function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
