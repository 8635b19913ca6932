/**
 * @opentelemetry/api, where it is installed. A CommonJS file, as an ES module can't import what may be missing without
 * making everybody wait for it. What it registers is one for the process, however often it is loaded.
 */

/* eslint-disable @typescript-eslint/no-require-imports -- see above */
import type * as OpenTelemetry from '@opentelemetry/api';

/** @opentelemetry/api; `undefined` where it is not installed. */
export let openTelemetry: typeof OpenTelemetry | undefined;

try {
  openTelemetry = require('@opentelemetry/api') as typeof OpenTelemetry;
} catch (error) {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  // One that is there and can't be loaded is a fault.
  const isMissing = code === 'MODULE_NOT_FOUND' && String(message).includes("'@opentelemetry/api'");
  if (!isMissing) throw error;
}
