import type * as OpenTelemetry from '@opentelemetry/api';
import { ConfigurationError } from '../errors.js';
import { openTelemetry } from './optional-libraries.cjs';

/** `@opentelemetry/api`. */
export type Api = typeof OpenTelemetry;

/** @throws ConfigurationError where `@opentelemetry/api` is not installed. */
export function requireOpenTelemetry(api: Api | undefined = openTelemetry): Api {
  if (api) return api;
  throw new ConfigurationError(
    "LightbusTelemetryModule needs the package @opentelemetry/api, which can't be found: npm install @opentelemetry/api. " +
      'What it says goes to the SDK of OpenTelemetry that the application registers.',
  );
}
