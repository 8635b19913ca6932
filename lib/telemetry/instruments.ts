import type { Counter, Histogram, Meter } from '@opentelemetry/api';

/** What the conventions advise for durations, s. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** The metrics of OpenTelemetry's conventions for messaging, as far as they are of this side of the wire. */
export interface Instruments {
  readonly operationDuration: Histogram;
  readonly sentMessages: Counter;
  readonly consumedMessages: Counter;
  readonly processDuration: Histogram;
}

/** Makes them. */
export function createInstruments(meter: Meter): Instruments {
  const durations = { unit: 's', advice: { explicitBucketBoundaries: BOUNDARIES } };
  return {
    operationDuration: meter.createHistogram('messaging.client.operation.duration', {
      ...durations,
      description: 'Duration of messaging operation initiated by a producer or consumer client.',
    }),
    sentMessages: meter.createCounter('messaging.client.sent.messages', {
      unit: '{message}',
      description: 'Number of messages producer attempted to send to the broker.',
    }),
    consumedMessages: meter.createCounter('messaging.client.consumed.messages', {
      unit: '{message}',
      description: 'Number of messages that were delivered to the application.',
    }),
    processDuration: meter.createHistogram('messaging.process.duration', {
      ...durations,
      description: 'Duration of processing operation.',
    }),
  };
}
