import { context, metrics, SpanKind, trace, type Attributes } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SamplingDecision,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { freePort } from './redis-server.js';
import { waitFor } from './wait-for.js';

/** A metric as it is at a moment. */
export interface Measured {
  readonly descriptor: object;
  /** Of a histogram, how many were recorded. */
  readonly points: readonly { readonly value: number; readonly attributes: Attributes }[];
}

/** The SDK of OpenTelemetry, registered as an application does, with what it has been told. */
export class Sdk {
  readonly exporter = new InMemorySpanExporter();
  /** Attributes of each span when it began, as a sampler sees them. */
  readonly sampled: Attributes[] = [];
  readonly tracerProvider = new BasicTracerProvider({
    sampler: {
      shouldSample: (...[, , , , attributes]) => {
        this.sampled.push({ ...attributes });
        return { decision: SamplingDecision.RECORD_AND_SAMPLED };
      },
    },
    spanProcessors: [new SimpleSpanProcessor(this.exporter)],
  });
  private readonly prometheus: PrometheusExporter;
  readonly meterProvider: MeterProvider;

  private constructor(private readonly port: number) {
    this.prometheus = new PrometheusExporter({ port, host: '127.0.0.1', preventServerStart: true });
    this.meterProvider = new MeterProvider({ readers: [this.prometheus] });
  }

  /** Registers one for the process. */
  static async start(): Promise<Sdk> {
    const sdk = new Sdk(await freePort());
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(sdk.tracerProvider);
    metrics.setGlobalMeterProvider(sdk.meterProvider);
    await sdk.prometheus.startServer();
    return sdk;
  }

  async stop(): Promise<void> {
    await this.tracerProvider.shutdown();
    await this.meterProvider.shutdown();
    context.disable();
    trace.disable();
    metrics.disable();
  }

  /** What Prometheus would scrape. */
  async scrape(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.port}/metrics`);
    return response.text();
  }

  /** Metrics as they are now, by name. */
  async collect(): Promise<ReadonlyMap<string, Measured>> {
    const { resourceMetrics, errors } = await this.prometheus.collect();
    if (errors.length > 0) throw new Error(`Collecting failed: ${errors.map(String).join(', ')}`);
    const all = resourceMetrics.scopeMetrics.flatMap(({ metrics: some }) => some);
    return new Map(
      all.map(({ descriptor, dataPoints }) => [
        descriptor.name,
        {
          descriptor: { ...descriptor },
          points: dataPoints.map(({ value, attributes }) => ({
            value: typeof value === 'number' ? value : value.count,
            attributes,
          })),
        },
      ]),
    );
  }

  /** Spans that have ended, by the first word of their names, since the last {@link reset}. */
  spans(operation?: string): ReadableSpan[] {
    return this.exporter
      .getFinishedSpans()
      .filter(({ name }) => operation === undefined || name.split(' ')[0] === operation);
  }

  /** Resolves once so many have ended. */
  async ended(operation: string, count: number): Promise<ReadableSpan[]> {
    await waitFor(() => this.spans(operation).length >= count);
    return this.spans(operation);
  }

  reset(): void {
    this.exporter.reset();
  }
}

/** Which span is meant by a link, or a parent. */
export function ids(span: ReadableSpan): { traceId: string; spanId: string } {
  const { traceId, spanId } = span.spanContext();
  return { traceId, spanId };
}

/** What a span is linked to. */
export function linksOf({ links }: ReadableSpan): { traceId: string; spanId: string }[] {
  return links.map(({ context: { traceId, spanId } }) => ({ traceId, spanId }));
}

/** `PRODUCER`. */
export function kindOf({ kind }: ReadableSpan): string | undefined {
  return SpanKind[kind];
}
