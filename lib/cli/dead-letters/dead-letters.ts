import { toDeadLetter } from '../../operations/listeners.js';
import {
  readDeadLetters,
  redriveDeadLetters,
  type DeadLetterSource,
} from '../../operations/dead-letters.js';
import { BusStreams, readConfig } from '../bus-streams.js';
import { CommandError } from '../command-error.js';
import { printable } from '../printable.js';
import { Output } from '../output.js';
import { StderrLogger } from '../stderr-logger.js';
import type { DeadLettersOptions } from './dead-letters-options.js';

/** `lightbus deadletters list`. @throws ConfigurationError, CommandError, TransportError */
export async function listDeadLetters(
  listener: string,
  options: DeadLettersOptions,
): Promise<void> {
  const output = new Output(process.stdout);
  await withSources(listener, options, async (sources) => {
    for (const source of sources) {
      for (const letter of await readDeadLetters(source)) {
        await output.write(`${printable(JSON.stringify(toDeadLetter(letter)))}\n`);
      }
    }
  });
}

/** `lightbus deadletters redrive`. @throws ConfigurationError, CommandError, TransportError */
export async function redriveLetters(
  listener: string,
  ids: readonly string[],
  options: DeadLettersOptions,
): Promise<void> {
  await withSources(listener, options, async (sources) => {
    let driven = 0;
    for (const source of sources) {
      driven += await redriveDeadLetters(source, ids.length > 0 ? ids : undefined);
    }
    await new Output(process.stdout).write(`redriven: ${driven}\n`);
    checkAll(ids, driven, 'redriven');
  });
}

/** `lightbus deadletters discard`. @throws ConfigurationError, CommandError, TransportError */
export async function discardLetters(
  listener: string,
  ids: readonly string[],
  options: DeadLettersOptions,
): Promise<void> {
  await withSources(listener, options, async (sources) => {
    let discarded = 0;
    for (const { store, ref } of sources) discarded += await store.discard(ref, ids);
    await new Output(process.stdout).write(`discarded: ${discarded}\n`);
    checkAll(ids, discarded, 'discarded');
  });
}

async function withSources(
  listener: string,
  options: DeadLettersOptions,
  act: (sources: readonly DeadLetterSource[]) => Promise<void>,
): Promise<void> {
  const logger = new StderrLogger(options.logLevel ?? 'warning');
  const bus = new BusStreams(await readConfig(options, logger), logger, false);
  try {
    const streams = await bus.find();
    const sources = streams.map(({ name: stream, store, settings }) => {
      const group = `${options.serviceName ?? settings.service_name}-${listener}`;
      return { store, ref: { stream, group } };
    });
    const known = await Promise.all(sources.map(isKnown));
    if (!known.includes(true)) throw unknownGroup(sources);
    await act(sources);
  } finally {
    await bus.close();
  }
}

/** Letters outlive their group. */
async function isKnown({ store, ref }: DeadLetterSource): Promise<boolean> {
  if ((await store.groupPosition(ref)) !== null) return true;
  return (await store.deadLetters(ref, '0-0', 1)).length > 0;
}

function unknownGroup(sources: readonly DeadLetterSource[]): CommandError {
  const [first] = sources;
  if (!first) return new CommandError('There are no streams of events, and so no listeners.');
  return new CommandError(
    `No stream has the consumer group '${first.ref.group}'. Its name is that of the service and that of ` +
      'the listener: name the service with --service-name, LIGHTBUS_SERVICE_NAME or service_name in ' +
      "the configuration. 'lightbus status' shows all groups.",
  );
}

function checkAll(ids: readonly string[], done: number, what: string): void {
  if (done >= ids.length) return;
  throw new CommandError(
    `Only ${done} of ${ids.length} dead letters were ${what}: the others are not there (any more), or ` +
      "their original entries have been deleted. See 'lightbus deadletters list'.",
  );
}
