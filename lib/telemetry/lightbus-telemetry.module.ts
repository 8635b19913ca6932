import { Module, type DynamicModule } from '@nestjs/common';
import type { ResolvedConfig } from '../config/settings/settings.js';
import { ConfigurationError } from '../errors.js';
import { RESOLVED_CONFIG } from '../lifecycle/supervisor.js';
import { Listeners } from '../operations/listeners.js';
import { Stores } from '../store/stores.js';
import { requireOpenTelemetry } from './open-telemetry.js';
import { telemetrySettings, type LightbusTelemetryOptions } from './telemetry-options.js';
import { Telemetry } from './telemetry.js';

/**
 * Spans and metrics for OpenTelemetry, by its semantic conventions for messaging. Import `forRoot` once, beside
 * `LightbusModule.forRoot`; the SDK is the application's, and has to be registered before the application is created.
 */
@Module({})
export class LightbusTelemetryModule {
  /**
   * Watches this application: a `send` span for each `fire` and `fireAll`, whose context is stored with the event; a
   * `process` span for each attempt of a listener, linked to it; a `settle` span for each command that acknowledges or
   * sets aside; and the metrics of the conventions.
   *
   * @param options what is to be told, and where; without any, spans and metrics go to what is registered with
   *   `@opentelemetry/api`, or nowhere.
   * @throws ConfigurationError where `@opentelemetry/api` is not installed; when the application is created, where there is
   *   no `LightbusModule`, or this module is imported twice. `InvalidOptionsError` for unknown options and impossible values.
   */
  static forRoot(options?: LightbusTelemetryOptions): DynamicModule {
    const api = requireOpenTelemetry();
    const settings = telemetrySettings(options);
    // Nest may tell dynamic modules apart by what they provide.
    const provide = Symbol('LIGHTBUS_TELEMETRY');
    const watch = (stores?: Stores, config?: ResolvedConfig, listeners?: Listeners) => {
      if (stores && config && listeners)
        return new Telemetry(api, settings, { stores, config, listeners });
      throw new ConfigurationError(
        'LightbusTelemetryModule.forRoot has nothing to watch. Import LightbusModule.forRoot(), too, in the root ' +
          'module: it is global.',
      );
    };
    return {
      module: LightbusTelemetryModule,
      providers: [
        {
          provide,
          useFactory: watch,
          inject: [
            { token: Stores, optional: true },
            { token: RESOLVED_CONFIG, optional: true },
            { token: Listeners, optional: true },
          ],
        },
      ],
    };
  }
}
