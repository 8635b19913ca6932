import type { Tracer } from '@opentelemetry/api';
import type { Instruments } from './instruments.js';
import type { Api } from './open-telemetry.js';
import type { Servers } from './servers.js';
import type { TelemetrySettings } from './telemetry-options.js';

/** What spans are made with. */
export interface SpanParts {
  readonly api: Api;
  readonly tracer: Tracer;
  readonly instruments: Instruments;
  readonly servers: Servers;
  readonly settings: TelemetrySettings;
  /** `messaging.client.id` of who fires: the process name. */
  readonly clientId: string;
  /** `messaging.client.id` of who handles: the consumer's name, which may be another one (setting `consumer_name`). */
  readonly consumerOf: (apiName: string) => string;
}
