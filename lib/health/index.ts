export { LightbusHealth, type LightbusHealthResult } from './lightbus-health.js';
