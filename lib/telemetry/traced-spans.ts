import { subscribe, unsubscribe, type TracingChannel } from 'node:diagnostics_channel';
import type { Context, Span } from '@opentelemetry/api';
import type { TracedContext } from '../channels/channels.js';
import { describeError, stackOf } from '../handling/describe-error.js';
import { ATTRIBUTE, errorTypeOf } from './attributes.js';
import type { Api } from './open-telemetry.js';
import { SpanStore } from './span-store.js';

/** A span that has begun. */
export interface Begun {
  readonly span: Span;
  /** What it is the active span in. */
  readonly context: Context;
}

/** How what a channel tells becomes spans and metrics. */
export interface SpanMaker<C> {
  /** Begins a span. */
  begin(told: C): Begun;
  /** Says what came of it, before its span ends. @param seconds how long it took. */
  end(told: C, begun: Begun, seconds: number): void;
  /** Whether what goes on when the application is closed was given up; else it is about to end. */
  readonly isGivenUpAtClose?: boolean;
}

/** Makes spans of what one tracing channel tells of one application. */
export class TracedSpans<C extends TracedContext<string>> {
  private readonly open = new Map<C, Begun & { readonly since: number }>();
  private readonly store: SpanStore;
  private isClosed = false;

  /** @param application see `LightbusContext`: what others tell is none of ours. */
  constructor(
    private readonly api: Api,
    private readonly application: string,
    private readonly channel: TracingChannel<unknown, C>,
    private readonly maker: SpanMaker<C>,
  ) {
    this.store = new SpanStore(api);
    channel.start.bindStore(this.store, (told) => this.begin(told));
    subscribe(channel.end.name, this.finish);
    subscribe(channel.asyncEnd.name, this.finish);
  }

  /** Begins no more spans. Those that have begun end as they would, or without an outcome where that was given up. */
  close(): void {
    this.isClosed = true;
    this.channel.start.unbindStore(this.store);
    if (this.maker.isGivenUpAtClose) for (const told of this.open.keys()) this.conclude(told);
    if (this.open.size === 0) this.unsubscribe();
  }

  private begin(told: C): Context | undefined {
    // What is thrown here would end the process.
    try {
      if (told.application !== this.application || this.isClosed) return undefined;
      const begun = this.maker.begin(told);
      this.open.set(told, { ...begun, since: performance.now() });
      return begun.context;
    } catch (error) {
      this.tell(error);
      return undefined;
    }
  }

  /** At the end of what returns at once, and of what was waited for: whichever knows the outcome. */
  private readonly finish = (message: unknown): void => {
    const told = message as C;
    if (told.outcome === undefined) return;
    this.conclude(told);
    if (this.isClosed && this.open.size === 0) this.unsubscribe();
  };

  private conclude(told: C): void {
    const begun = this.open.get(told);
    if (!begun) return;
    this.open.delete(told);
    try {
      if (told.outcome === 'failed') recordFailure(this.api, begun.span, told.error);
      this.maker.end(told, begun, (performance.now() - begun.since) / 1000);
    } catch (error) {
      this.tell(error);
    }
    try {
      begun.span.end();
    } catch (error) {
      this.tell(error);
    }
  }

  private unsubscribe(): void {
    unsubscribe(this.channel.end.name, this.finish);
    unsubscribe(this.channel.asyncEnd.name, this.finish);
  }

  private tell(error: unknown): void {
    try {
      this.api.diag.error(`nestjs-lightbus/telemetry: ${describeError(error)}`);
    } catch {
      // The SDK's own log, which may be anybody's.
    }
  }
}

function recordFailure(api: Api, span: Span, error: unknown): void {
  const [name, message] = [errorTypeOf(error), describeError(error)];
  span.setAttribute(ATTRIBUTE.errorType, name);
  span.setStatus({ code: api.SpanStatusCode.ERROR, message });
  // Not the error itself: whoever threw it may have given it getters that throw.
  span.recordException({ name, message, stack: stackOf(error) });
}
