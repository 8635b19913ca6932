import type { FiredEvent, FiringContext } from '../channels/channels.js';
import { entryBytes } from '../channels/entry-bytes.js';
import { canonicalName } from '../event/event-name.js';
import { serialize } from '../wire/by-field.js';
import type { FireRequest } from './fire-options.js';
import type { PreparedEvent } from './fired-message.js';

/** What is told of a firing, for whoever has subscribed to it. */
export class ToldFiring implements FiringContext {
  readonly events: readonly ToldEvent[];
  readonly isTraceGiven: boolean;
  readonly hasHeaders: boolean;
  outcome?: 'stored' | 'failed';
  error?: unknown;

  /** @param application see `LightbusContext`. */
  constructor(
    readonly application: string,
    prepared: readonly PreparedEvent[],
    { side, isTraceGiven }: Pick<FireRequest, 'side' | 'isTraceGiven'>,
  ) {
    this.events = prepared.map((one) => new ToldEvent(one));
    this.isTraceGiven = isTraceGiven;
    this.hasHeaders = side !== undefined;
  }

  /** Has stored with the events what subscribers have said of the trace. To be called before they are serialised. */
  takeTraces(): void {
    if (this.hasHeaders && !this.isTraceGiven) for (const event of this.events) event.takeTrace();
  }
}

class ToldEvent implements FiredEvent {
  traceparent?: string;
  tracestate?: string;

  constructor(private readonly one: PreparedEvent) {
    this.traceparent = one.event.side?.traceparent;
    this.tracestate = one.event.side?.tracestate;
  }

  get id(): string {
    return this.one.event.id;
  }

  get apiName(): string {
    return this.one.event.apiName;
  }

  get canonicalName(): string {
    return canonicalName(this.one.event);
  }

  get version(): number {
    return this.one.event.version;
  }

  get stream(): string {
    return this.one.stream;
  }

  get correlationId(): string | undefined {
    return this.one.event.side?.correlationId;
  }

  get bytes(): number {
    return entryBytes(serialize(this.traced()));
  }

  get nativeId(): string | undefined {
    return this.one.message?.nativeId;
  }

  takeTrace(): void {
    this.one.event = this.traced();
  }

  /** The event with the trace that is stored with it. */
  private traced(): PreparedEvent['event'] {
    const { traceparent, tracestate } = this;
    const { event } = this.one;
    const { side } = event;
    if (!side || (side.traceparent === traceparent && side.tracestate === tracestate)) return event;
    return { ...event, side: { ...side, traceparent, tracestate } };
  }
}
