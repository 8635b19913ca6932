import type { Violation } from './option.js';

/** Parameters passed to the Redis client as they are. */
export type ConnectionParameters = Record<string, unknown>;

// aioredis's connection pool; ioredis shares one connection among all commands.
const POOL_PARAMETERS: readonly string[] = ['minsize', 'maxsize'];

/** Rule for `connection_parameters`. */
export function checkConnectionParameters(parameters: ConnectionParameters): Violation | undefined {
  if (!Object.hasOwn(parameters, 'keyPrefix')) return undefined;
  return {
    key: 'keyPrefix',
    expected:
      'no keyPrefix: ioredis does not apply it to XGROUP, and Python Lightbus would not find the ' +
      'streams. Use another database number or another Redis to keep buses apart',
    found: 'a key prefix',
  };
}

/** Those of Python's parameters that are accepted, so that one file serves both, and ignored. */
export function ignoredParameters(parameters: ConnectionParameters): string[] {
  return POOL_PARAMETERS.filter((name) => Object.hasOwn(parameters, name));
}

/** The parameters that the Redis client gets. */
export function clientParameters(parameters: ConnectionParameters): ConnectionParameters {
  return Object.fromEntries(
    Object.entries(parameters).filter(([name]) => !POOL_PARAMETERS.includes(name)),
  );
}
