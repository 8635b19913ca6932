export { EventRecorder, type FiredExpectation, type WhenHandledOptions } from './event-recorder.js';
export { LightbusTestingModule, type LightbusTestingOptions } from './lightbus-testing.module.js';
export type { RecordedSelector } from './recorded-selection.js';
export { RecordedEventsError, UnexpectedEventError } from './recorder-errors.js';
