export { allowRealRedis } from './allow-real-redis.js';
export { EventRecorder, type FiredExpectation, type WhenHandledOptions } from './event-recorder.js';
export { LightbusTestingModule, type LightbusTestingOptions } from './lightbus-testing.module.js';
export { overrideLightbus } from './override-lightbus.js';
export type { RecordedSelector } from './recorded-selection.js';
export { RecordedEventsError, UnexpectedEventError } from './recorder-errors.js';
export type { TestingBuilder } from './testing-builder.js';
