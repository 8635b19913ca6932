import { inContext } from '../redis/in-context.js';
import { UnknownListenerError } from '../errors.js';
import { printable } from '../wire/printable.js';
import type { BusStreams } from './bus-streams.js';
import { readLetters, type DeadLetterSource } from './read-dead-letters.js';

/**
 * Where the dead letters of a listener are, which need not run in this process: on every stream of the
 * bus. Letters outlive their group.
 *
 * @param serviceName in place of the configuration's `service_name`.
 * @throws UnknownListenerError where no stream has its consumer group, or letters of it; TransportError
 */
export async function findDeadLetterSources(
  bus: BusStreams,
  listener: string,
  serviceName?: string,
): Promise<DeadLetterSource[]> {
  const streams = await bus.find();
  const sources = streams.map(({ name: stream, store, settings }) => {
    const group = `${serviceName ?? settings.service_name}-${listener}`;
    return { store, ref: { stream, group } };
  });
  const found = await knownSources(sources);
  if (found.length === 0) throw unknown(sources);
  return found;
}

/** Those of them whose stream has the consumer group, or dead letters of it. @throws TransportError */
export async function knownSources(
  sources: readonly DeadLetterSource[],
): Promise<DeadLetterSource[]> {
  const known = await Promise.all(sources.map(isKnown));
  return sources.filter((_, i) => known[i]);
}

async function isKnown(source: DeadLetterSource): Promise<boolean> {
  const { store, ref } = source;
  const what = `Looking for group '${ref.group}' on '${ref.stream}'`;
  const delivered = await inContext(what, store.description, store.lastDeliveredId(ref));
  if (delivered !== null) return true;
  return (await readLetters(source, { start: '-', end: '+', count: 1 })).length > 0;
}

function unknown([first]: readonly DeadLetterSource[]): UnknownListenerError {
  if (!first) {
    return new UnknownListenerError('There are no streams of events, and so no listeners.');
  }
  return new UnknownListenerError(
    `No stream has the consumer group '${printable(first.ref.group)}'. Its name is that of the service and that of ` +
      'the listener: name the service with --service-name, LIGHTBUS_SERVICE_NAME or service_name in ' +
      "the configuration. 'lightbus status' shows all groups.",
  );
}
