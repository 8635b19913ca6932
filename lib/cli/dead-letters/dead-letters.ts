import {
  readDeadLetters,
  type DeadLetterSource,
  type DeadLettersOptions as Selection,
} from '../../operations/read-dead-letters.js';
import { discardDeadLetters, redriveDeadLetters } from '../../operations/redrive-dead-letters.js';
import { findDeadLetterSources } from '../../operations/find-dead-letter-sources.js';
import { printable } from '../../wire/printable.js';
import { CommandError } from '../command-error.js';
import { openBus, readConfig } from '../open-bus.js';
import { Output } from '../output.js';
import { StderrLogger } from '../stderr-logger.js';
import type { DeadLettersOptions, ListOptions } from './dead-letters-options.js';

const NOT_REDRIVEN =
  'are not there (any more), their original entries have been deleted, or somebody else has put them there';

/** `lightbus deadletters list`. @throws ConfigurationError, CommandError, TransportError */
export async function listDeadLetters(listener: string, options: ListOptions): Promise<void> {
  const { after, limit } = options;
  const output = new Output(process.stdout);
  await withSources(listener, options, async (sources, warn) => {
    const selection: Selection = { after, limit };
    for await (const letter of readDeadLetters(async () => sources, selection, warn)) {
      await output.write(`${printable(JSON.stringify(letter))}\n`);
      if (output.closed.aborted) return;
    }
  });
}

/** `lightbus deadletters redrive`. @throws ConfigurationError, CommandError, TransportError */
export async function redriveLetters(
  listener: string,
  ids: readonly string[],
  options: DeadLettersOptions,
): Promise<void> {
  await withSources(listener, options, async (sources, warn) => {
    const wanted = ids.length > 0 ? ids : undefined;
    const redriven = await redriveDeadLetters(sources, wanted, warn);
    await new Output(process.stdout).write(`redriven: ${redriven}\n`);
    checkAll(ids, redriven, 'redriven', NOT_REDRIVEN);
  });
}

/** `lightbus deadletters discard`. @throws ConfigurationError, CommandError, TransportError */
export async function discardLetters(
  listener: string,
  ids: readonly string[],
  options: DeadLettersOptions,
): Promise<void> {
  await withSources(listener, options, async (sources) => {
    const discarded = await discardDeadLetters(sources, ids);
    await new Output(process.stdout).write(`discarded: ${discarded}\n`);
    checkAll(ids, discarded, 'discarded', 'are not there (any more)');
  });
}

async function withSources(
  listener: string,
  options: DeadLettersOptions,
  act: (sources: readonly DeadLetterSource[], warn: (message: string) => void) => Promise<void>,
): Promise<void> {
  const logger = new StderrLogger(options.logLevel);
  const bus = openBus(await readConfig(options, logger), logger, false);
  try {
    const sources = await findDeadLetterSources(bus, listener, options.serviceName);
    await act(sources, (message) => logger.write('warning', message));
  } finally {
    await bus.close();
  }
}

function checkAll(ids: readonly string[], done: number, what: string, why: string): void {
  const asked = new Set(ids).size;
  if (done >= asked) return;
  throw new CommandError(
    `Only ${done} of ${asked} dead letters were ${what}: the others ${why}. See 'lightbus deadletters list'.`,
  );
}
