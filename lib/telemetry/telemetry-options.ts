import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import { acceptOptions, type OptionRule } from '../bus/accept-options.js';

/** Options of `LightbusTelemetryModule.forRoot`. */
export interface LightbusTelemetryOptions {
  /**
   * Whether a `process` span is a child of the span that its event was fired in, so that both are one trace. It is linked
   * to it in any case. Never a child is the span of a replay: of an event that is read for a replay of the history, was
   * handed out before (by a process that stopped, or from the dead letters), or was stored longer ago than
   * {@link parentWithinMs}.
   *
   * @default false: each `process` span begins a trace of its own
   */
  readonly parent?: boolean;
  /**
   * With {@link parent}: how long ago an event may have been stored when its handling begins, ms. Traces to which something
   * is added after hours are shown by few tools.
   *
   * @default 60000
   */
  readonly parentWithinMs?: number;
  /**
   * Whether each event of a `fireAll` of several has a `create` span of its own, so that handlers are linked to exactly
   * that. Without, all are linked to the one `send` span.
   *
   * @default true
   */
  readonly createSpans?: boolean;
  /**
   * Whether `send`, `create` and `process` spans of one event say how many bytes its entry has
   * (`messaging.message.envelope.size`). It is counted, and for what is fired written once more.
   *
   * @default false
   */
  readonly messageSizes?: boolean;
  /**
   * Whether lag, dead letters and what else is known of this process's listeners is measured, by one look at each of their
   * streams whenever metrics are collected.
   *
   * @default true
   */
  readonly listenerMetrics?: boolean;
  /** Where spans go. @default the one that is registered with `@opentelemetry/api` */
  readonly tracerProvider?: TracerProvider;
  /** Where metrics go. @default the one that is registered with `@opentelemetry/api` when the application is created */
  readonly meterProvider?: MeterProvider;
}

/** Options in force. */
export type TelemetrySettings = Required<
  Omit<LightbusTelemetryOptions, 'tracerProvider' | 'meterProvider'>
> &
  Pick<LightbusTelemetryOptions, 'tracerProvider' | 'meterProvider'>;

const FLAG: OptionRule = {
  expected: 'true or false',
  accepts: (value) => typeof value === 'boolean',
};

/** Options in force. @throws InvalidOptionsError */
export function telemetrySettings(
  options: LightbusTelemetryOptions | undefined,
): TelemetrySettings {
  const accepted = acceptOptions('LightbusTelemetryModule.forRoot', options, {
    parent: FLAG,
    parentWithinMs: {
      expected: 'a number of milliseconds, from 0',
      accepts: (value) => typeof value === 'number' && value >= 0,
    },
    createSpans: FLAG,
    messageSizes: FLAG,
    listenerMetrics: FLAG,
    tracerProvider: providerOf('getTracer'),
    meterProvider: providerOf('getMeter'),
  });
  const { parent, parentWithinMs, createSpans, messageSizes, listenerMetrics } = accepted;
  return {
    parent: parent ?? false,
    parentWithinMs: parentWithinMs ?? 60_000,
    createSpans: createSpans ?? true,
    messageSizes: messageSizes ?? false,
    listenerMetrics: listenerMetrics ?? true,
    tracerProvider: accepted.tracerProvider,
    meterProvider: accepted.meterProvider,
  };
}

function providerOf(method: string): OptionRule {
  return {
    expected: `a provider of OpenTelemetry, with a method '${method}'`,
    accepts: (value) =>
      typeof value === 'object' &&
      value !== null &&
      typeof Reflect.get(value, method) === 'function',
  };
}
