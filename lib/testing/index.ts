export {
  EventRecorder,
  RecordedEventsError,
  UnexpectedEventError,
  type FiredExpectation,
  type RecordedSelector,
} from './event-recorder.js';
export { LightbusTestingModule, type LightbusTestingOptions } from './lightbus-testing.module.js';
