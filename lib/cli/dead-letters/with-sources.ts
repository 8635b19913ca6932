import type { DeadLetterFilter } from '../../operations/dead-letter-filter.js';
import { findDeadLetterSources } from '../../operations/find-dead-letter-sources.js';
import type { DeadLetterSource } from '../../operations/read-dead-letters.js';
import { openBus, readConfig } from '../open-bus.js';
import { StderrLogger } from '../stderr-logger.js';
import type { DeadLettersOptions } from './dead-letters-options.js';

/** What a command about dead letters is given. */
export interface Letters {
  readonly sources: readonly DeadLetterSource[];
  readonly filter: DeadLetterFilter;
  readonly isFiltered: boolean;
  readonly logger: StderrLogger;
  readonly warn: (message: string) => void;
}

/**
 * Does something with the dead letters of a listener.
 *
 * @throws ConfigurationError, TransportError; what `act` throws.
 */
export async function withSources(
  listener: string,
  options: DeadLettersOptions,
  act: (letters: Letters) => Promise<void>,
): Promise<void> {
  const logger = new StderrLogger(options.logLevel);
  const bus = openBus(await readConfig(options, logger), logger, false);
  try {
    const sources = await findDeadLetterSources(bus, listener, options.serviceName);
    const { error, event } = options;
    const isFiltered = error !== undefined || event !== undefined;
    const warn = (message: string) => logger.write('warning', message);
    await act({ sources, filter: { error, event }, isFiltered, logger, warn });
  } finally {
    await bus.close();
  }
}
