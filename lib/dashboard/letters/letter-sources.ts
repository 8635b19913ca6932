import { knownSources } from '../../operations/find-dead-letter-sources.js';
import type { DeadLetterSource } from '../../operations/read-dead-letters.js';
import { printable } from '../../wire/printable.js';
import type { DashboardBus } from '../dashboard-bus.js';
import { PageError } from '../page-error.js';

/**
 * Where the dead letters of a consumer group are: letters outlive their group.
 *
 * @throws PageError 404 where no stream has the group, or letters of it; TransportError
 */
export async function sourcesOf(
  bus: Pick<DashboardBus, 'streams'>,
  group: string,
): Promise<DeadLetterSource[]> {
  const streams = await bus.streams();
  const found = await knownSources(
    streams.map(({ name: stream, store }) => ({ store, ref: { stream, group } })),
  );
  if (found.length > 0) return found;
  throw new PageError(
    404,
    'No such listener',
    `No stream has the consumer group '${printable(group)}', or dead letters of it.`,
  );
}
