export { LightbusTelemetryModule } from './lightbus-telemetry.module.js';
export type { LightbusTelemetryOptions } from './telemetry-options.js';
