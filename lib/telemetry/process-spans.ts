import type { Attributes } from '@opentelemetry/api';
import type { AttemptContext } from '../channels/channels.js';
import { ATTRIBUTE, brief, errorTypeOf, nameOf, operationOf } from './attributes.js';
import type { HandledMessages } from './handled-messages.js';
import type { SpanParts } from './span-parts.js';
import { spanContextOf } from './trace-context.js';
import type { Begun, SpanMaker } from './traced-spans.js';

/** A `process` span for each attempt, linked to the span that the event was fired in. */
export class ProcessSpans implements SpanMaker<AttemptContext> {
  /** Handlers have had their time by then. */
  readonly isGivenUpAtClose = true;

  constructor(
    private readonly parts: SpanParts,
    private readonly handled: HandledMessages,
  ) {}

  begin(told: AttemptContext): Begun {
    const { api, tracer, settings } = this.parts;
    const { event } = told;
    const creation = spanContextOf(api, event);
    const isReplay = this.isReplay(told);
    // Not the context that there is: it is that of whatever has started the listener.
    const root = api.ROOT_CONTEXT;
    const parent =
      creation && settings.parent && !isReplay ? api.trace.setSpanContext(root, creation) : root;
    const span = tracer.startSpan(
      `process ${event.stream}`,
      {
        kind: api.SpanKind.CONSUMER,
        attributes: this.attributesOf(told, isReplay),
        links: creation ? [{ context: creation }] : [],
      },
      parent,
    );
    const message = { id: brief(event.id), process: span.spanContext(), creation };
    this.handled.add({ ...event, consumerGroup: told.consumerGroup }, message);
    return { span, context: api.trace.setSpan(parent, span) };
  }

  end(told: AttemptContext, { span }: Begun, seconds: number): void {
    const { processDuration, consumedMessages } = this.parts.instruments;
    span.setAttribute(ATTRIBUTE.outcome, told.outcome ?? 'abandoned');
    const attributes = {
      ...nameOf('process'),
      ...this.placeOf(told),
      ...(told.outcome === 'failed' && { [ATTRIBUTE.errorType]: errorTypeOf(told.error) }),
    };
    processDuration.record(seconds, attributes);
    // Once a delivery, however often it is tried.
    if (!told.isRetry) consumedMessages.add(1, attributes);
  }

  /** See `LightbusTelemetryOptions.parent`. */
  private isReplay({ event, isReplay, isRedelivery }: AttemptContext): boolean {
    const ageMs = new Date().getTime() - event.timestamp.getTime();
    return isReplay || isRedelivery || ageMs > this.parts.settings.parentWithinMs;
  }

  private attributesOf(told: AttemptContext, isReplay: boolean): Attributes {
    const { event, listener, attempt, deliveryCount } = told;
    const { consumerOf, settings } = this.parts;
    const { correlationId } = event;
    return {
      ...operationOf('process'),
      ...this.placeOf(told),
      [ATTRIBUTE.clientId]: consumerOf(event.apiName),
      [ATTRIBUTE.messageId]: brief(event.id),
      ...(correlationId !== undefined && { [ATTRIBUTE.conversationId]: brief(correlationId) }),
      ...(settings.messageSizes && { [ATTRIBUTE.envelopeSize]: event.bytes }),
      [ATTRIBUTE.event]: brief(event.canonicalName),
      [ATTRIBUTE.listener]: listener,
      [ATTRIBUTE.attempt]: attempt,
      [ATTRIBUTE.deliveryCount]: deliveryCount,
      [ATTRIBUTE.replay]: isReplay,
    };
  }

  private placeOf({ event, consumerGroup }: AttemptContext): Attributes {
    return {
      [ATTRIBUTE.destination]: event.stream,
      [ATTRIBUTE.group]: consumerGroup,
      ...this.parts.servers.ofApi(event.apiName),
    };
  }
}
