import type { Attributes, Link } from '@opentelemetry/api';
import type { SettlementContext } from '../channels/channels.js';
import { ATTRIBUTE, errorTypeOf, operationOf } from './attributes.js';
import type { HandledMessage, HandledMessages } from './handled-messages.js';
import type { SpanParts } from './span-parts.js';
import type { Begun, SpanMaker } from './traced-spans.js';

/**
 * A `settle` span for each command that settles, which may be many entries: all that was handled since the last read is
 * acknowledged together. Of one entry it is a child of its `process` span; of several it begins a trace of its own.
 */
export class SettleSpans implements SpanMaker<SettlementContext> {
  constructor(
    private readonly parts: SpanParts,
    private readonly handled: HandledMessages,
  ) {}

  begin(told: SettlementContext): Begun {
    const { api, tracer } = this.parts;
    const messages = told.nativeIds.flatMap((nativeId) => {
      return this.handled.get({ ...told, nativeId }) ?? [];
    });
    const [message] = told.nativeIds.length === 1 ? messages : [];
    const root = api.ROOT_CONTEXT;
    const parent = message ? api.trace.setSpanContext(root, message.process) : root;
    const attributes: Attributes = {
      ...operationOf('settle'),
      ...this.placeOf(told),
      [ATTRIBUTE.clientId]: told.consumer,
      [ATTRIBUTE.settlement]: told.kind,
      ...(message && { [ATTRIBUTE.messageId]: message.id }),
      ...(told.nativeIds.length !== 1 && { [ATTRIBUTE.batchCount]: told.nativeIds.length }),
    };
    const span = tracer.startSpan(
      `settle ${told.stream}`,
      { kind: api.SpanKind.CLIENT, attributes, links: messages.flatMap(linkTo) },
      parent,
    );
    return { span, context: api.trace.setSpan(parent, span) };
  }

  end(told: SettlementContext, _: Begun, seconds: number): void {
    const isFailed = told.outcome === 'failed';
    this.parts.instruments.operationDuration.record(seconds, {
      ...operationOf('settle'),
      ...this.placeOf(told),
      ...(isFailed && { [ATTRIBUTE.errorType]: errorTypeOf(told.error) }),
    });
    // One that failed is repeated.
    if (!isFailed) told.nativeIds.forEach((nativeId) => this.handled.delete({ ...told, nativeId }));
  }

  private placeOf({ stream, consumerGroup }: SettlementContext): Attributes {
    return {
      [ATTRIBUTE.destination]: stream,
      [ATTRIBUTE.group]: consumerGroup,
      ...this.parts.servers.ofStream(stream),
    };
  }
}

function linkTo({ id, creation }: HandledMessage): Link[] {
  return creation ? [{ context: creation, attributes: { [ATTRIBUTE.messageId]: id } }] : [];
}
