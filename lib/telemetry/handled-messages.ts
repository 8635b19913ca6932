import type { SpanContext } from '@opentelemetry/api';

/** Of how many events it is remembered who handled them, until they are settled. */
const MOST = 10_000;

/** What settling has to know of an event that was handled. */
export interface HandledMessage {
  /** Lightbus id. */
  readonly id: string;
  /** Its `process` span. */
  readonly process: SpanContext;
  /** The span that it was fired in. */
  readonly creation: SpanContext | undefined;
}

/** An entry in the hands of a consumer group. */
interface Place {
  readonly stream: string;
  readonly consumerGroup: string;
  readonly nativeId: string;
}

/** What was handled and is not settled yet: whoever settles knows entry ids alone. */
export class HandledMessages {
  private readonly messages = new Map<string, HandledMessage>();

  add(place: Place, message: HandledMessage): void {
    const key = keyOf(place);
    // As the newest: what is never settled here, as another process has taken it over, goes first.
    this.messages.delete(key);
    this.messages.set(key, message);
    const [oldest] = this.messages.keys();
    if (this.messages.size > MOST && oldest !== undefined) this.messages.delete(oldest);
  }

  get(place: Place): HandledMessage | undefined {
    return this.messages.get(keyOf(place));
  }

  delete(place: Place): void {
    this.messages.delete(keyOf(place));
  }
}

function keyOf({ stream, consumerGroup, nativeId }: Place): string {
  return JSON.stringify([nativeId, stream, consumerGroup]);
}
