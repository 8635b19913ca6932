import Type, { type TOptional, type TUnsafe } from 'typebox';
import { LONGEST_TIMER_MS } from '../../timing/longest-timer.js';
import {
  checkConnectionParameters,
  checkSaidOnce,
  saidAnew,
  OWN_PARAMETERS,
  type ConnectionParameters,
  type ConnectionParametersFunction,
} from './connection-parameters.js';
import { checkNameTemplate } from './name-template.js';
import { option, section, type OptionMark, type Violation } from './option.js';
import { checkRedisUrl, REDIS_URL_FORMS, REDIS_URL_PATTERN } from './redis-url.js';

/** The longest that a timer can wait, in whole seconds. */
export const LONGEST_TIMER = Math.floor(LONGEST_TIMER_MS / 1000);

/** `url` of any transport. */
export const redisUrl = option(Type.String(), {
  description:
    'Address of Redis: host, port, database, user and password. Special characters of a password are percent-encoded.',
  default: 'redis://127.0.0.1:6379/0',
  python: 'redis://127.0.0.1:6379/0',
  expected: REDIS_URL_FORMS,
  covers: ['host', 'port', 'db', 'database', 'user', 'username', 'password'],
  keywords: { pattern: REDIS_URL_PATTERN },
  rule: checkRedisUrl,
});

/** An object in a file; in code, a function too, which no schema of a file knows. */
type RenewableParameters = TUnsafe<ConnectionParameters | ConnectionParametersFunction> & {
  type: 'object';
};

/** `connection_parameters` of any transport. */
export function connectionParameters(python: object): TOptional<RenewableParameters> & OptionMark {
  const type = Type.Record(Type.String(), Type.Unknown());
  return option(Type.Unsafe(type) as RenewableParameters, {
    description:
      "Options of the Redis client (ioredis), for example `sentinels` or `tls`. `host`, `port`, `path`, `db`, `username` and `password` are taken too, unless `url` says the same. In code also a function that gives them, asked before each attempt to connect. Python's `minsize` and `maxsize` are ignored; `keyPrefix`, and what this module sets itself, is refused.",
    default: {},
    python,
    expected: 'an object; in code, which no file can say, also a function that gives one',
    isRenewable: true,
    secret: true,
    keywords: { propertyNames: { not: { enum: OWN_PARAMETERS } } },
    rule: (parameters) =>
      typeof parameters === 'function' ? [] : checkConnectionParameters(parameters),
  });
}

/** `service_name` and `consumer_name` of the transport itself. */
function transportName(description: string) {
  return option(Type.Union([Type.String(), Type.Null()]), {
    description,
    default: null,
    python: null,
    rule: checkNameTemplate,
  });
}

function byField(description: string, className: string) {
  return option(Type.Enum([className], { type: 'string' }), {
    description: `${description} Lightbus events have no other form on the wire.`,
    default: className,
    python: className,
  });
}

/** `event_transport.redis`, Lightbus's `RedisEventTransport`. */
export const redisEventTransport = section(
  {
    url: redisUrl,
    connection_parameters: connectionParameters({ maxsize: 100 }),
    batch_size: option(Type.Integer({ minimum: 1, maximum: 100_000 }), {
      description: 'How many events a listener fetches at once.',
      default: 1,
      python: 10,
      unit: 'events',
    }),
    max_stream_length: option(
      Type.Union([Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), Type.Null()]),
      {
        description:
          'About how many entries a stream keeps; older ones are deleted, for every reader. `null` and `0` keep all of history.',
        default: null,
        python: 100_000,
        unit: 'entries',
      },
    ),
    stream_use: option(Type.Enum(['per_api', 'per_event'], { type: 'string' }), {
      description:
        'One stream for an API, which keeps the order of all its events, or one for each event.',
      default: 'per_api',
      python: 'per_api',
    }),
    acknowledgement_timeout: option(Type.Number({ exclusiveMinimum: 0, maximum: LONGEST_TIMER }), {
      description:
        'After how long without a sign of life an event is taken over from the process that was handling it.',
      default: 60,
      python: 60,
      unit: 'seconds',
    }),
    reclaim_interval: option(
      Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: LONGEST_TIMER }), Type.Null()]),
      {
        description:
          'How often to look for events to take over. `null`: half of `acknowledgement_timeout`.',
        default: null,
        python: null,
        unit: 'seconds',
      },
    ),
    reclaim_batch_size: option(
      Type.Union([Type.Integer({ minimum: 1, maximum: 1_000_000 }), Type.Null()]),
      {
        description: 'How many events to take over at once. `null`: ten times `batch_size`.',
        default: null,
        python: null,
        unit: 'events',
      },
    ),
    consumption_restart_delay: option(Type.Integer({ minimum: 1, maximum: LONGEST_TIMER }), {
      description: 'How long a listener waits after a failure of Redis before it goes on.',
      default: 5,
      python: 5,
      unit: 'seconds',
    }),
    consumer_ttl: option(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), {
      description:
        'After how long without a sign of life a consumer that holds no events is removed.',
      default: 2_592_000,
      python: 2_592_000,
      unit: 'seconds',
    }),
    require_durable: option(Type.Boolean(), {
      description:
        'Refuse to start on a Redis that is known to lose events at a restart or when memory is short. What it does not say is only warned about.',
      default: false,
    }),
    min_replicas: option(Type.Integer({ minimum: 0, maximum: 1_000 }), {
      description:
        'How many replicas must have confirmed an event before firing it succeeds, within `event_fire_timeout`. `0`: the primary alone.',
      default: 0,
      unit: 'replicas',
    }),
    service_name: transportName(
      "First half of the consumer groups' names, instead of the root's `service_name`.",
    ),
    consumer_name: transportName("Name of the consumer, instead of the root's `process_name`."),
    serializer: byField('Writes events.', 'lightbus.serializers.ByFieldMessageSerializer'),
    deserializer: byField('Reads events.', 'lightbus.serializers.ByFieldMessageDeserializer'),
  },
  { description: 'Events on Redis Streams.', rule: checkSaidOnce, yields: saidAnew },
);

const TRANSPORTS: readonly string[] = ['redis', 'memory', 'debug'];

/** What {@link checkSingleTransport} asks of two of the transports, in keywords of JSON Schema. */
export function singleTransport(one: string, other: string): Readonly<Record<string, unknown>> {
  const properties = { [one]: { type: 'object' }, [other]: { type: 'object' } };
  return { not: { type: 'object', required: [one, other], properties } };
}

/** Rule for all transports: Lightbus takes the one that is named, and can't take two. */
export function checkSingleTransport(transports: object): Violation | undefined {
  // A key that is none, such as an option in the wrong place, is a mistake of its own.
  const chosen = Object.entries(transports)
    .filter(([name, value]) => TRANSPORTS.includes(name) && value !== null && value !== undefined)
    .map(([name]) => name);
  if (chosen.length < 2) return undefined;
  return { expected: 'one transport', found: `${chosen.length}: ${chosen.join(' and ')}` };
}

/** Where several configurations name a transport, the last one does. */
export function transportChosenAnew(
  earlier: Readonly<Record<string, unknown>>,
  later: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const chosen = TRANSPORTS.filter((name) => later[name] !== undefined && later[name] !== null);
  if (chosen.length === 0) return earlier;
  const isGone = (name: string) => TRANSPORTS.includes(name) && !chosen.includes(name);
  return Object.fromEntries(Object.entries(earlier).filter(([name]) => !isGone(name)));
}
