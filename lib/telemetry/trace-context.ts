import type { SpanContext } from '@opentelemetry/api';
import type { Api } from './open-telemetry.js';

/** What an entry says of the span that its event was fired in. */
export interface StoredTrace {
  traceparent?: string;
  tracestate?: string;
}

const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-|$)/;

/** The span that an entry names; `undefined` where it names none. */
export function spanContextOf(api: Api, stored: StoredTrace): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(stored.traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const { tracestate } = stored;
  const context: SpanContext = {
    ...{ traceId, spanId, isRemote: true },
    // What later versions of W3C Trace Context add to the flags is not passed on.
    traceFlags: parseInt(flags, 16) & api.TraceFlags.SAMPLED,
    ...(tracestate !== undefined && { traceState: api.createTraceState(tracestate) }),
  };
  return api.isSpanContextValid(context) ? context : undefined;
}

/** Has an entry name a span. Does nothing where there is none, as without an SDK: what was there before stays. */
export function storeSpanContext(api: Api, context: SpanContext, entry: StoredTrace): void {
  if (!api.isSpanContextValid(context)) return;
  const { traceId, spanId, traceFlags, traceState } = context;
  entry.traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  const state = traceState?.serialize();
  entry.tracestate = state === '' ? undefined : state;
}
