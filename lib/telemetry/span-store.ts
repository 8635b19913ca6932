import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context } from '@opentelemetry/api';
import type { Api } from './open-telemetry.js';

/**
 * For `bindStore` of a channel: what is told of runs in a context of OpenTelemetry, whose own storage nobody else can
 * reach. `undefined`: in the context that there is.
 */
export class SpanStore extends AsyncLocalStorage<Context | undefined> {
  constructor(private readonly api: Api) {
    super();
  }

  override run<R, Arguments extends unknown[]>(
    context: Context | undefined,
    call: (...given: Arguments) => R,
    ...given: Arguments
  ): R {
    if (context === undefined) return call(...given);
    return this.api.context.with(context, call, undefined, ...given);
  }
}
