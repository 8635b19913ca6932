export { LightbusHealth, type LightbusHealthResult } from './lightbus-health.js';
export type { BusHealthReport } from '../operations/bus-health.js';
export type { HealthThresholds, ListenerHealth } from '../operations/listener-health.js';
