/** Names of the streams that Lightbus stores events in. */

const SUFFIX = ':stream';

/** `stream_use`: one stream for all events of an API, or one for each event. */
export type StreamUse = 'per_api' | 'per_event';

/** Whose events a stream holds; `eventName` `'*'` is every event of the API. */
export interface StreamOwner {
  readonly apiName: string;
  readonly eventName: string;
}

/** The stream that an event is stored on: `<api>.*:stream` (`per_api`) or `<api>.<event>:stream` (`per_event`). */
export function streamName(apiName: string, eventName: string, streamUse: StreamUse): string {
  return `${apiName}.${streamUse === 'per_api' ? '*' : eventName}${SUFFIX}`;
}

/** Takes a stream's name apart again; `null` where it is none that Lightbus would make. */
export function parseStreamName(stream: string): StreamOwner | null {
  if (!stream.endsWith(SUFFIX)) return null;
  const canonicalName = stream.slice(0, -SUFFIX.length);
  const dot = canonicalName.lastIndexOf('.');
  const apiName = canonicalName.slice(0, Math.max(dot, 0));
  const eventName = canonicalName.slice(dot + 1);
  return apiName && eventName ? { apiName, eventName } : null;
}

/** Whether a key's name is that of a stream of events, and not of one that this module adds. */
export function isStreamOfEvents(key: string): boolean {
  return parseStreamName(key) !== null && !key.startsWith('lightbus:');
}
