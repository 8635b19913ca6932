import { BusClosedError, PublishError, PublishOutcomeUnknownError } from '../../errors.js';
import { eventNameOf, idOf } from '../../wire/by-field.js';
import { timeOfEventId } from '../../wire/event-id.js';
import type { AppendOptions, FlatFields } from '../event-store.js';
import { onceKey } from './keys.js';
import {
  CommandOutcomeUnknownError,
  type RedisConnection,
  type RedisClient,
} from '../../redis/redis-connection.js';
import { runScript } from '../../redis/script.js';
import { APPEND_ONCE } from './scripts.generated.js';

/** A script of Redis can pass about 8,000 values to one command: an entry's names and values. */
const MAX_ONCE_VALUES = 7_000;

/** How far this process's clock may be ahead of Redis's. */
const CLOCK_SKEW_MS = 10_000;

const TOO_MANY_FIELDS =
  `an event of more than ${MAX_ONCE_VALUES / 2} fields can't be stored under an id of your own ` +
  '(a script of Redis takes no more). Fire it without an id';

/** `EventStore.append` on a connection, which says truthfully whether the entries are stored. */
export class Appender {
  private closed = false;

  /** @param onSent is called right after each command that stores was sent, in the same turn. */
  constructor(
    private readonly connection: Pick<RedisConnection, 'run'>,
    private readonly onSent: (client: RedisClient) => void = () => undefined,
  ) {}

  /** @throws PublishError, PublishOutcomeUnknownError, and BusClosedError after {@link close}. */
  async append(
    stream: string,
    entries: readonly FlatFields[],
    options: AppendOptions,
  ): Promise<string[]> {
    if (this.closed) {
      throw new BusClosedError(`Nothing was stored on '${stream}': the bus is closed.`);
    }
    const deadline = Date.now() + options.timeoutMs;
    let written = false;
    let expired = false;
    const stored = this.connection.run(options.timeoutMs, (client) => {
      // The caller has been told that nothing was stored; that must stay true.
      if (expired) throw new TimeoutError('no connection in time');
      written = true;
      return store(client, stream, entries, options, () => this.onSent(client));
    });
    try {
      return await within(stored, deadline - Date.now());
    } catch (failure) {
      expired = true;
      // Who has waited for a connection in vain knows why, and says so at the same time.
      const waited = failure instanceof TimeoutError && !written;
      const error: unknown = waited ? await stored.catch((reason: unknown) => reason) : failure;
      const what = `${entries.length === 1 ? 'an event' : `${entries.length} events`} on '${stream}'`;
      const why = error instanceof Error ? error.message : String(error);
      const unknown =
        error instanceof CommandOutcomeUnknownError || (error instanceof TimeoutError && written);
      const ids = entries.map(idOf);
      const options = { cause: error };
      if (!unknown) throw new PublishError(`Redis did not store ${what}: ${why}`, ids, options);
      throw new PublishOutcomeUnknownError(
        `It is not known whether Redis stored ${what}: ${why}. Fire again with the ids of this error, ` +
          'fire(event, { id: error.id }) or fireAll(events, { ids: error.ids }): each event is then ' +
          'stored once.',
        { ids, stored: [] },
        options,
      );
    }
  }

  /** From now on nothing is stored. */
  close(): void {
    this.closed = true;
  }
}

async function store(
  client: RedisClient,
  stream: string,
  entries: readonly FlatFields[],
  { maxLength, onceWithinMs }: AppendOptions,
  onSent: () => void,
): Promise<string[]> {
  if (onceWithinMs !== undefined) {
    if (entries.some(({ length }) => length > MAX_ONCE_VALUES)) throw new Error(TOO_MANY_FIELDS);
    const keys = [
      stream,
      ...entries.map((fields) => onceKey(stream, eventNameOf(fields), idOf(fields))),
    ];
    const args = entries.flatMap((fields) => {
      const id = idOf(fields);
      return [firedAfter(id) ?? '', id, eventNameOf(fields), fields.length, ...fields];
    });
    const options = [onceWithinMs, maxLength ? maxLength : ''];
    return (await runScript(client, APPEND_ONCE, keys, [...options, ...args], onSent)) as string[];
  }
  const [first = []] = entries;
  const trim = maxLength ? ['MAXLEN', '~', String(maxLength)] : [];
  if (entries.length === 1) {
    const stored = client.call('xadd', stream, ...trim, '*', ...first);
    onSent();
    return [(await stored) as string];
  }
  const commands = entries.map((fields) => ['xadd', stream, ...trim, '*', ...fields]);
  const results = client.multi(commands).exec();
  onSent();
  return ((await results) ?? []).map(([error, id]) => {
    if (error) throw error;
    return id as string;
  });
}

/** Since when an event may have been fired that was given its id by {@link newEventId}, ms. */
function firedAfter(id: string): number | undefined {
  const madeAt = timeOfEventId(id);
  return madeAt === undefined ? undefined : Math.max(0, madeAt - CLOCK_SKEW_MS);
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
