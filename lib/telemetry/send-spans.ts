import type { Attributes, Context, Link, Span } from '@opentelemetry/api';
import type { FiredEvent, FiringContext } from '../channels/channels.js';
import { ATTRIBUTE, brief, errorTypeOf, nameOf, operationOf } from './attributes.js';
import type { SpanParts } from './span-parts.js';
import { spanContextOf, storeSpanContext } from './trace-context.js';
import type { Begun, SpanMaker } from './traced-spans.js';

/**
 * A `send` span for each firing, and with several events a `create` span for each. The context of what stands for one
 * event is stored with it; where the caller has given one, that stays, and `send` is linked to it.
 */
export class SendSpans implements SpanMaker<FiringContext> {
  constructor(private readonly parts: SpanParts) {}

  begin(told: FiringContext): Begun {
    const { api, tracer } = this.parts;
    const ambient = api.context.active();
    const links = this.creations(told, ambient);
    // What is stored, if anything is: the context of this span, or those of others.
    const isCreation = links.length === 0 && told.hasHeaders && !told.isTraceGiven;
    const streams = new Set(told.events.map(({ stream }) => stream));
    const span = tracer.startSpan(
      streams.size === 1 ? `send ${[...streams].join()}` : 'send',
      {
        kind: isCreation ? api.SpanKind.PRODUCER : api.SpanKind.CLIENT,
        attributes: { ...operationOf('send'), ...this.common(told.events) },
        links,
      },
      ambient,
    );
    if (isCreation) this.store(span, told.events);
    this.measure(span, told.events);
    return { span, context: api.trace.setSpan(ambient, span) };
  }

  end({ events, outcome, error }: FiringContext, _: Begun, seconds: number): void {
    const { operationDuration, sentMessages } = this.parts.instruments;
    const failed = outcome === 'failed' && { [ATTRIBUTE.errorType]: errorTypeOf(error) };
    const { [ATTRIBUTE.destination]: destination } = this.common(events);
    operationDuration.record(seconds, {
      ...operationOf('send'),
      ...this.parts.servers.ofAll(events.map(({ apiName }) => apiName)),
      ...(destination !== undefined && { [ATTRIBUTE.destination]: destination }),
      ...failed,
    });
    for (const { apiName, stream, nativeId } of events) {
      sentMessages.add(1, {
        ...nameOf('send'),
        ...{ [ATTRIBUTE.destination]: stream, ...this.parts.servers.ofApi(apiName) },
        ...(nativeId === undefined && failed),
      });
    }
  }

  /** Links to what stands for each event, if that is not the `send` span. */
  private creations({ events, isTraceGiven, hasHeaders }: FiringContext, ambient: Context): Link[] {
    const { api, settings } = this.parts;
    const [first] = events;
    if (isTraceGiven) {
      const context = first && spanContextOf(api, first);
      return context ? [{ context }] : [];
    }
    if (!hasHeaders || events.length === 1 || !settings.createSpans) return [];
    const isOneStream = events.every(({ stream }) => stream === first?.stream);
    return events.map((event) => ({
      context: this.create(event, ambient).spanContext(),
      attributes: {
        [ATTRIBUTE.messageId]: brief(event.id),
        ...(!isOneStream && { [ATTRIBUTE.destination]: event.stream }),
      },
    }));
  }

  private create(event: FiredEvent, ambient: Context): Span {
    const { api, tracer } = this.parts;
    const attributes = { ...operationOf('create'), ...this.common([event]) };
    const kind = api.SpanKind.PRODUCER;
    const span = tracer.startSpan(`create ${event.stream}`, { kind, attributes }, ambient);
    this.store(span, [event]);
    this.measure(span, [event]);
    span.end();
    return span;
  }

  private store(span: Span, events: readonly FiredEvent[]): void {
    for (const event of events) storeSpanContext(this.parts.api, span.spanContext(), event);
  }

  /** Says how long the entry of one event is, once it is known what is stored of the trace. */
  private measure(span: Span, [event, ...others]: readonly FiredEvent[]): void {
    if (!this.parts.settings.messageSizes || !event || others.length > 0) return;
    try {
      span.setAttribute(ATTRIBUTE.envelopeSize, event.bytes);
    } catch {
      // What can't be written is about to fail, and is told then.
    }
  }

  /** What is the same for all events. */
  private common(events: readonly FiredEvent[]): Attributes {
    const { servers, clientId } = this.parts;
    const [first] = events;
    const attributes: Attributes = {
      [ATTRIBUTE.clientId]: clientId,
      ...servers.ofAll(events.map(({ apiName }) => apiName)),
    };
    if (first && events.every(({ stream }) => stream === first.stream))
      attributes[ATTRIBUTE.destination] = first.stream;
    if (first && events.every(({ canonicalName }) => canonicalName === first.canonicalName))
      attributes[ATTRIBUTE.event] = first.canonicalName;
    if (first?.correlationId !== undefined)
      attributes[ATTRIBUTE.conversationId] = brief(first.correlationId);
    if (events.length !== 1) {
      attributes[ATTRIBUTE.batchCount] = events.length;
    } else if (first) {
      attributes[ATTRIBUTE.messageId] = brief(first.id);
    }
    return attributes;
  }
}
