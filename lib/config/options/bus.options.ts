import Type from 'typebox';
import { checkSaidOnce, saidAnew } from './connection-parameters.js';
import {
  checkSingleTransport,
  connectionParameters,
  LONGEST_TIMER,
  redisUrl,
  singleTransport,
  transportChosenAnew,
} from './event-transport.options.js';
import { nullable, option, section } from './option.js';
import { debugTransport } from './rpc.options.js';

/** `bus.schema.transport.redis`. */
export const redisSchemaTransport = section(
  { url: redisUrl, connection_parameters: connectionParameters({}) },
  { description: 'Schemas as keys on Redis.', rule: checkSaidOnce, yields: saidAnew },
);

/** `bus.schema`: the events' JSON Schema, as services of the bus publish it. */
export const schemaOptions = section(
  {
    human_readable: option(Type.Boolean(), {
      description: 'Print schemas (`lightbus dumpschema`) with line breaks and indentation.',
      default: true,
      python: true,
    }),
    ttl: option(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), {
      description: 'How long a published schema outlives the last process that publishes it.',
      default: 60,
      python: 60,
      unit: 'seconds',
    }),
    transport: nullable(
      section(
        { redis: nullable(redisSchemaTransport), debug: debugTransport },
        {
          description:
            "Where schemas are published. Where nothing is said, that of each API with its events: on the Redis of the API's event transport (in Python: `redis://localhost:6379/0`).",
          keywords: singleTransport('redis', 'debug'),
          rule: checkSingleTransport,
          yields: transportChosenAnew,
        },
      ),
    ),
  },
  { description: "The events' schemas, as services publish them." },
);

/** `bus`: what concerns the bus as a whole. */
export const busOptions = section(
  {
    log_level: option(
      Type.Enum(['debug', 'info', 'warning', 'error', 'critical'], { type: 'string' }),
      {
        description: 'The least severe messages that this module logs.',
        default: 'info',
        python: 'info',
      },
    ),
    shutdown_timeout: option(Type.Number({ minimum: 0, maximum: LONGEST_TIMER }), {
      description:
        'How long handlers in flight may take when the application shuts down. What is not done by then stays pending.',
      default: 20,
      unit: 'seconds',
    }),
    projection_timeout: option(Type.Number({ minimum: 0, maximum: LONGEST_TIMER }), {
      description:
        'How long the start may wait for projections (`@Project`) to catch up with history. It is refused after that.',
      default: 600,
      unit: 'seconds',
    }),
    headers: option(Type.Boolean(), {
      description:
        "Store with each event when it was fired, what caused it, its trace and own headers, in a field that Python ignores. Without, entries are exactly as Python writes them, and options of `fire` for these are refused. Others' are read all the same.",
      default: true,
    }),
    schema: schemaOptions,
  },
  { description: 'What concerns the bus as a whole.' },
);
