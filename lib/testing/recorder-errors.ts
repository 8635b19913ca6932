import { LightbusError } from '../errors.js';

/** An event was fired that the test did not allow. Nothing was stored, and no listener was called. */
export class UnexpectedEventError extends LightbusError {
  readonly code = 'LIGHTBUS_UNEXPECTED_EVENT';
}

/** An assertion of `EventRecorder` does not hold. */
export class RecordedEventsError extends LightbusError {
  readonly code = 'LIGHTBUS_RECORDED_EVENTS';
}
