import type { RedisOptions } from 'ioredis';

/** Options of ioredis, as far as they are configured. */
export type Parameters = Readonly<Record<string, unknown>>;

/** Is asked for them before each attempt to connect. */
export type RenewedParameters = () => Parameters | Promise<Parameters>;

/** Where a Redis is, and how to talk to it. */
export interface RedisPlace {
  /** Lightbus setting `url`. Holds secrets. */
  readonly url: string;
  /** Lightbus setting `connection_parameters`: options of ioredis, stronger than `url`. Holds secrets. */
  readonly connectionParameters?: Parameters | RenewedParameters;
}

/** What each function has answered last. */
const answers = new WeakMap<RenewedParameters, Parameters>();

/** Tells functions apart. */
const numbers = new WeakMap<RenewedParameters, number>();
let functions = 0;

/** What each connection decides for itself. */
export type ConnectionBehaviour = Required<
  Pick<RedisOptions, 'connectionName' | 'retryStrategy' | 'reconnectOnError'>
>;

/** What ioredis is given: one object, so that nothing in a URL or a file gets past what we promise. */
export function clientOptions(
  place: RedisPlace,
  connection: ConnectionBehaviour,
): RedisOptions & { replyMapping?: 'legacy' } {
  return {
    connectionName: connection.connectionName,
    // ioredis lets it run out when it disconnects between two tries: that long a closed application lives on.
    disconnectTimeout: 500,
    ...partsOf(place),
    // It sets a timer for each round trip: see `silence.ts`.
    socketTimeout: undefined,
    retryStrategy: connection.retryStrategy,
    reconnectOnError: connection.reconnectOnError,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // Whoever listens looks, too, at what came meanwhile: see `bell.ts`.
    autoResubscribe: false,
    // Rejects what is in flight when the connection is lost. With null it would never settle.
    maxRetriesPerRequest: 0,
    // Replies have had the same shape for ever in RESP2; nothing here needs a RESP3 type.
    protocol: 2,
    replyMapping: 'legacy',
    // XGROUP and scripts would not get it.
    keyPrefix: '',
  };
}

/**
 * Names a Redis in logs and errors, without user and password: `redis://host:6379/0`, `rediss://…`
 * with TLS, `unix:///path?db=2`, or `redis+sentinel://host:26379,host:26379/<name>/<database>`.
 */
export function describePlace(place: RedisPlace): string {
  const { sentinels, name, path, host, port, db = 0, tls } = partsOf(place);
  if (sentinels) {
    const addresses = sentinels.map((sentinel) => addressOf(sentinel.host, sentinel.port ?? 26379));
    return `redis+sentinel://${addresses.join(',')}/${name}/${db}`;
  }
  if (path) return `unix://${path}${db === 0 ? '' : `?db=${db}`}`;
  return `${tls ? 'rediss' : 'redis'}://${addressOf(host, port)}/${db}`;
}

/** Where a Redis is: host and port, or the path of a socket; `undefined` where only sentinels know. */
export function addressOfPlace(
  place: RedisPlace,
): { readonly address: string; readonly port?: number } | undefined {
  const { sentinels, path, host = '127.0.0.1', port = 6379 } = partsOf(place);
  if (sentinels) return undefined;
  return path ? { address: path } : { address: host, port };
}

/**
 * Asks a place's function for its parameters, if it has one.
 *
 * @returns what ioredis is to have in place of what it had; `undefined` where nothing is renewed.
 * @throws what the function throws.
 */
export async function renew(place: RedisPlace): Promise<RedisOptions | undefined> {
  const { connectionParameters } = place;
  if (typeof connectionParameters !== 'function') return undefined;
  answers.set(connectionParameters, await connectionParameters());
  return partsOf(place);
}

/**
 * The same text for two places that are the same: the same server, database and user, in whatever way
 * `url` and `connectionParameters` say so; with the same function, which may say so later. Holds secrets: for comparing only.
 */
export function placeKey(place: RedisPlace): string {
  const { url, connectionParameters } = place;
  if (typeof connectionParameters === 'function') {
    const number = numbers.get(connectionParameters) ?? ++functions;
    numbers.set(connectionParameters, number);
    return `${number} ${placeKey({ url })}`;
  }
  const parts = Object.entries(partsOf(place)).filter(([, value]) => value !== undefined);
  return JSON.stringify(parts.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function addressOf(host = '127.0.0.1', port = 6379): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function partsOf({ url, connectionParameters }: RedisPlace): RedisOptions {
  const parameters =
    typeof connectionParameters === 'function'
      ? answers.get(connectionParameters)
      : connectionParameters;
  const isSocket = /^(unix:\/\/)?\//i.test(url);
  return {
    ...(isSocket ? partsOfSocket(url) : partsOfUrl(new URL(url))),
    ...parameters,
  };
}

function partsOfSocket(url: string): RedisOptions {
  const [path, query] = url.replace(/^unix:\/\//i, '').split('?');
  return { path, db: Number(new URLSearchParams(query).get('db')) };
}

function partsOfUrl(url: URL): RedisOptions {
  const { protocol, hostname, port, pathname, searchParams } = url;
  const family = searchParams.get('family');
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 6379),
    db: Number(pathname.slice(1) || searchParams.get('db')),
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    ...(family !== null && { family: Number(family) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
}
