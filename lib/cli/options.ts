import { InvalidArgumentError, Option } from 'commander';
import { InvalidOptionsError } from '../errors.js';
import type { BusLogLevel } from '../logger.js';

const LOG_LEVELS: readonly BusLogLevel[] = ['debug', 'info', 'warning', 'error', 'critical'];

/** What `--config` and `--log-level` were given. */
export interface CommonOptions {
  /** The weakest first. */
  readonly config?: readonly string[];
  readonly logLevel?: BusLogLevel;
}

/** `--config`, as in Lightbus. */
export function configOption(): Option {
  return new Option(
    '--config <file>',
    'configuration: a .yaml, .yml or .json file or an http(s) URL; may be repeated, later ones win (default: LIGHTBUS_CONFIG, lightbus.yaml, .yml or .json). Where it names no Redis, LIGHTBUS_REDIS_URL does',
  ).argParser((value, previous?: readonly string[]) => [...(previous ?? []), value]);
}

/** `--log-level`, as in Lightbus. */
export function logLevelOption(otherwise: string): Option {
  return new Option(
    '--log-level <level>',
    `log this level and above; debug adds the stacks of errors (default: ${otherwise})`,
  ).choices(LOG_LEVELS);
}

/** `--bus`, as in Lightbus: where Lightbus imports a Python module, this loads a built module file. */
export function busOption(otherwise: string): Option {
  return new Option(
    '-b, --bus <file>',
    `built file that exports the Nest module: ./file or ./file#Export (default: LIGHTBUS_MODULE, ${otherwise})`,
  );
}

/** Parser for a port; 0 stands for any that is free. */
export function portNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 65_535) return value;
  throw new InvalidArgumentError('Expected a port, from 0 (any that is free) to 65535.');
}

/** Parser for an integer from 1 on. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Expected a whole number from 1 on.');
}

/** Takes an argument that somebody else parses: what he refuses is a fault of the argument. @throws InvalidArgumentError */
export function asArgument<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InvalidOptionsError)) throw error;
    throw Object.assign(new InvalidArgumentError(error.message), { cause: error });
  }
}
