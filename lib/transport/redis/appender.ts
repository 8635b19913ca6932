import { BusClosedError, PublishError, PublishOutcomeUnknownError } from '../../errors.js';
import type { AppendOptions, FlatFields } from '../transport.js';
import { CommandOutcomeUnknownError, type RedisConnection } from './redis-connection.js';

/** `EventTransport.append` on a connection: one `XADD`, or several in one `MULTI`. */
export class Appender {
  private closed = false;

  constructor(private readonly connection: Pick<RedisConnection, 'run'>) {}

  /** @throws PublishError, PublishOutcomeUnknownError, and BusClosedError after {@link close}. */
  async append(
    stream: string,
    entries: readonly FlatFields[],
    { maxLength, timeoutMs }: AppendOptions,
  ): Promise<string[]> {
    if (this.closed)
      throw new BusClosedError(`Nothing was stored on '${stream}': the bus is closed.`);
    const trim = maxLength ? ['MAXLEN', '~', String(maxLength)] : [];
    const commands = entries.map((fields) => ['xadd', stream, ...trim, '*', ...fields]);
    const deadline = Date.now() + timeoutMs;
    let written = false;
    let expired = false;
    const stored = this.connection.run(timeoutMs, async (client) => {
      // The caller has been told that nothing was stored; that must stay true.
      if (expired) throw new TimeoutError('no connection in time');
      written = true;
      const [only] = commands;
      if (commands.length === 1 && only) return [(await client.call(...asCall(only))) as string];
      const results = (await client.multi(commands).exec()) ?? [];
      return results.map(([error, id]) => {
        if (error) throw error;
        return id as string;
      });
    });
    try {
      return await within(stored, deadline - Date.now());
    } catch (error) {
      expired = true;
      const what = `${entries.length === 1 ? 'an event' : `${entries.length} events`} on '${stream}'`;
      const why = error instanceof Error ? error.message : String(error);
      if (
        error instanceof CommandOutcomeUnknownError ||
        (error instanceof TimeoutError && written)
      ) {
        throw new PublishOutcomeUnknownError(
          `It is not known whether Redis stored ${what}: ${why}. ` +
            'Look for the id in the history before firing it again.',
          entries.map(idOf),
          { cause: error },
        );
      }
      throw new PublishError(`Redis did not store ${what}: ${why}`, { cause: error });
    }
  }

  /** From now on nothing is stored. */
  close(): void {
    this.closed = true;
  }
}

class TimeoutError extends Error {}

async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError('no answer in time')), Math.max(timeoutMs, 0));
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function asCall(command: readonly string[]): [string, ...string[]] {
  const [name = '', ...args] = command;
  return [name, ...args];
}

function idOf(fields: FlatFields): string {
  return fields[fields.indexOf('id') + 1] ?? '';
}
