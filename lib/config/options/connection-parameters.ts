import { describeFound, isPlainObject } from '../checks/describe-found.js';
import { nearestTo } from '../checks/nearest-key.js';
import type { Violation } from './option.js';
import { checkRedisUrl, optionsInUrl } from './redis-url.js';

/** Parameters passed to the Redis client. */
export type ConnectionParameters = Record<string, unknown>;

/**
 * Gives them, in code: asked before each attempt to connect, so that tokens and rotated passwords are
 * renewed. Where it throws, rejects or takes longer than ten seconds, the attempt has failed, and is made
 * again. One function is one Redis: APIs with the same one share connections.
 */
export type ConnectionParametersFunction = () =>
  ConnectionParameters | Promise<ConnectionParameters>;

// aioredis's connection pool; ioredis shares one connection among all commands.
const POOL_PARAMETERS: readonly string[] = ['minsize', 'maxsize'];

const ADDRESS: readonly string[] = ['host', 'port', 'path', 'sentinels'];

/** Options of ioredis that may be set. */
export const CLIENT_PARAMETERS: readonly string[] = [
  ...ADDRESS,
  'db',
  'username',
  'password',
  'family',
  'tls',
  'connectionName',
  'connectTimeout',
  'disconnectTimeout',
  'keepAlive',
  'noDelay',
  'enableReadyCheck',
  'maxLoadingRetryTime',
  'disableClientInfo',
  'clientInfoTag',
  'showFriendlyErrorStack',
  'name',
  'sentinelUsername',
  'sentinelPassword',
  'sentinelTLS',
  'sentinelRetryStrategy',
  'sentinelReconnectStrategy',
  'sentinelCommandTimeout',
  'sentinelMaxConnections',
  'enableTLSForSentinelMode',
  'natMap',
  'updateSentinels',
  'failoverDetector',
];

/** Options of ioredis that this module sets itself, or on whose default it relies. */
export const OWN_PARAMETERS: readonly string[] = [
  'keyPrefix',
  'retryStrategy',
  'reconnectOnError',
  'lazyConnect',
  'enableOfflineQueue',
  'offlineQueue',
  'commandQueue',
  'autoResendUnfulfilledCommands',
  'autoResubscribe',
  'maxRetriesPerRequest',
  'socketTimeout',
  'commandTimeout',
  'blockingTimeout',
  'blockingTimeoutGrace',
  'protocol',
  'replyMapping',
  'stringNumbers',
  'enableAutoPipelining',
  'autoPipeliningIgnoredCommands',
  'readOnly',
  'role',
  'preferredSlaves',
  'monitor',
  'scripts',
  'himportFieldsets',
  'Connector',
];

const KNOWN = [...CLIENT_PARAMETERS, ...OWN_PARAMETERS, ...POOL_PARAMETERS];

/** What is expected of a parameter, and whether a value is that. */
type Shape = readonly [expected: string, test: (value: unknown) => boolean];

const TEXT: Shape = [
  'a text that is not empty, in quotes where it could be a number',
  (value) => typeof value === 'string' && value !== '',
];

const SHAPES: ReadonlyMap<string, Shape> = new Map(
  Object.entries<Shape>({
    host: TEXT,
    port: ['a port number', isPort],
    path: ['the absolute path of a socket', (value) => /^\/[^/]/.test(String(value))],
    db: ['a database number', (value) => Number.isInteger(value) && Number(value) >= 0],
    username: TEXT,
    password: TEXT,
    name: TEXT,
    tls: [
      "true, or an object with options of Node's tls.connect",
      (value) => value === true || isPlainObject(value),
    ],
    sentinels: [
      'a list of at least one {host, port}',
      (value) => Array.isArray(value) && value.length > 0 && value.every(isAddress),
    ],
  }),
);

const SECRET: readonly string[] = ['username', 'password'];

/** Rule for `connection_parameters`. */
export function checkConnectionParameters(parameters: ConnectionParameters): Violation[] {
  const set = pick(parameters, KNOWN);
  const violations: Violation[] = Object.entries(set).flatMap(([name, value]) => {
    if (OWN_PARAMETERS.includes(name)) return [refuse(name)];
    const [expected, test] = SHAPES.get(name) ?? [];
    if (!expected || test?.(value)) return [];
    const found = describeFound(value, SECRET.includes(name));
    return [{ path: [name], expected, found }];
  });
  if ('sentinels' in set && !('name' in set)) {
    const expected = 'name: the name under which the sentinels know the primary';
    violations.push({ path: ['sentinels'], expected, found: 'sentinels without it' });
  }
  if ('sentinels' in set && 'tls' in set && set.enableTLSForSentinelMode !== true) {
    const expected = 'enableTLSForSentinelMode: true beside tls and sentinels';
    violations.push({ path: ['tls'], expected, found: 'a connection without TLS' });
  }
  return violations;
}

function refuse(name: string): Violation {
  if (name !== 'keyPrefix') {
    const expected = `no ${name}: what this module promises of events rests on how it sets that itself`;
    return { path: [name], expected, found: 'a setting' };
  }
  return {
    path: [name],
    expected:
      'no keyPrefix: ioredis does not apply it to XGROUP, and Python Lightbus would not find the ' +
      'streams. Use another database number or another Redis to keep buses apart',
    found: 'a key prefix',
  };
}

/**
 * Rule for `url` and `connection_parameters` together: where Redis is, and as whom, is said once. The
 * default URL yields, so that either of them can say it.
 */
export function checkSaidOnce(redis: {
  readonly url?: unknown;
  readonly connection_parameters?: unknown;
}): Violation[] {
  const { url, connection_parameters } = redis;
  if (!isPlainObject(connection_parameters)) return [];
  const names = Object.keys(clientParameters(connection_parameters));
  if (typeof url === 'string') {
    const inUrl = checkRedisUrl(url) ? [] : [...ADDRESS, ...optionsInUrl(url)];
    return names.filter((name) => inUrl.includes(name)).map(besideUrl);
  }
  const address = names.filter((name) => ADDRESS.includes(name)).sort();
  if (address.length < 2 || address.join() === 'host,port') return [];
  const expected = 'one address: host and port, path, or sentinels';
  return [{ path: ['connection_parameters'], expected, found: address.join(' and ') }];
}

/** Whether parameters say where Redis is. */
export function saysAddress(parameters: unknown): boolean {
  return (
    isPlainObject(parameters) &&
    ADDRESS.some((name) => (parameters[name] ?? undefined) !== undefined)
  );
}

/** Of several configurations, the last one that says where Redis is: by `url`, or by `connection_parameters`. */
export function saidAnew(
  earlier: Readonly<Record<string, unknown>>,
  later: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { connection_parameters: parameters } = earlier;
  const given = later.connection_parameters;
  const maySayAddress = typeof given === 'function' || saysAddress(given);
  if (maySayAddress && later.url === undefined) return without(earlier, ['url']);
  if (typeof later.url !== 'string' || !isPlainObject(parameters)) return earlier;
  const gone = checkRedisUrl(later.url) ? [] : [...ADDRESS, ...optionsInUrl(later.url)];
  return { ...earlier, connection_parameters: without(parameters, gone) };
}

function without(
  object: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

function besideUrl(name: string): Violation {
  const expected =
    name === 'sentinels'
      ? 'no url beside sentinels, which say where Redis is; database, user and password go beside them'
      : `no ${name} beside url: say it once, in url`;
  return { path: ['connection_parameters', name], expected, found: `${name} as well as url` };
}

/** Those that neither ioredis nor Python Lightbus knows, with the nearest one that ioredis does. */
export function unknownParameters(
  parameters: ConnectionParameters,
): { readonly name: string; readonly nearest: string | undefined }[] {
  return Object.keys(parameters)
    .filter((name) => !KNOWN.includes(name))
    .map((name) => ({ name, nearest: nearestTo(name, CLIENT_PARAMETERS) }));
}

/** Those of Python's parameters that are accepted, so that one file serves both, and ignored. */
export function ignoredParameters(parameters: ConnectionParameters): string[] {
  return POOL_PARAMETERS.filter((name) => Object.hasOwn(parameters, name));
}

/** The parameters that the Redis client gets: those that have a value and an effect. */
export function clientParameters(parameters: ConnectionParameters): ConnectionParameters {
  return pick(parameters, CLIENT_PARAMETERS);
}

function pick(parameters: ConnectionParameters, names: readonly string[]): ConnectionParameters {
  return Object.fromEntries(
    Object.entries(parameters).filter(
      ([name, value]) => names.includes(name) && value !== null && value !== undefined,
    ),
  );
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535;
}

function isAddress(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { host, port = 26_379 } = value;
  return typeof host === 'string' && host !== '' && isPort(port);
}
