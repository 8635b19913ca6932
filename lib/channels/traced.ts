import type { TracingChannel } from 'node:diagnostics_channel';
import type { TracedContext } from './channels.js';

/**
 * Does something that a tracing channel tells of. To be called where the channel has subscribers; what returns at once
 * does so here, too, where Node's own `tracePromise` would make everybody wait.
 *
 * @param conclude writes to the context what has come of it: `outcome`, and `error` where that is `'failed'`.
 */
export function traced<C extends TracedContext<string>, T>(
  { start, end, asyncStart, asyncEnd, error }: TracingChannel<unknown, C>,
  context: C,
  call: () => T,
  conclude: (result: Awaited<T>) => void,
): T {
  const finish = (result: Awaited<T>) => {
    conclude(result);
    if (context.outcome === 'failed') error.publish(context);
  };
  const fail = (thrown: unknown) => {
    context.outcome = 'failed';
    context.error = thrown;
    error.publish(context);
  };
  const waited = () => {
    asyncStart.publish(context);
    asyncEnd.publish(context);
  };
  const watch = async (running: Promise<Awaited<T>>) => {
    try {
      const result = await running;
      finish(result);
      return result;
    } catch (thrown) {
      fail(thrown);
      throw thrown;
    } finally {
      waited();
    }
  };
  return start.runStores(context, () => {
    try {
      const result = call();
      if (result instanceof Promise) return watch(result as Promise<Awaited<T>>) as T;
      finish(result as Awaited<T>);
      return result;
    } catch (thrown) {
      fail(thrown);
      throw thrown;
    } finally {
      end.publish(context);
    }
  });
}
