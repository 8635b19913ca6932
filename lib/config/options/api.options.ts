import Type from 'typebox';
import {
  checkSingleTransport,
  LONGEST_TIMER,
  redisEventTransport,
  singleTransport,
  transportChosenAnew,
} from './event-transport.options.js';
import { alternatives, nullable, option, section } from './option.js';
import { debugTransport, resultTransport, rpcTimeout, rpcTransport } from './rpc.options.js';

/** `apis.*.validate` as an object. */
export const validation = section(
  {
    outgoing: option(Type.Boolean(), {
      description: 'Refuse to fire an event that does not satisfy its class.',
      default: true,
      python: true,
    }),
    incoming: option(Type.Boolean(), {
      description:
        'Treat a received event that does not satisfy its class as failed, instead of handling it all the same.',
      default: false,
      python: true,
    }),
  },
  { description: 'Which events must be valid. `true` or `false` stands for both directions.' },
);

const eventTransport = section(
  {
    redis: nullable(redisEventTransport),
    memory: nullable(
      section(
        {},
        {
          description:
            "Events in this process's memory, for tests and first steps; they end with the process.",
          isOurs: true,
        },
      ),
    ),
    debug: debugTransport,
  },
  {
    description: 'Where events are stored. Redis, with its defaults, where nothing is said.',
    keywords: {
      allOf: [
        singleTransport('redis', 'memory'),
        singleTransport('redis', 'debug'),
        singleTransport('memory', 'debug'),
      ],
    },
    rule: checkSingleTransport,
    yields: transportChosenAnew,
  },
);

/** One API's options: `apis.default`, or `apis.<api name>`, which inherits nothing from `default`. */
export const apiOptions = section(
  {
    validate: alternatives([validation, Type.Boolean(), Type.Null()], {
      description: 'Which events must be valid. `true` or `false` stands for both directions.',
    }),
    strict_validation: option(Type.Boolean(), {
      description:
        "Fail where an event can't be validated because nothing describes it, instead of warning.",
      default: false,
      python: false,
    }),
    schema_compatibility: option(Type.Enum(['refuse', 'warn', 'off'], { type: 'string' }), {
      description:
        'What happens where the schema of an event breaks those who read events that are stored, or who do not know the new ones: `refuse` the start, `warn`, or `off`. What was published last is remembered on Redis.',
      default: 'warn',
    }),
    cast_values: option(Type.Boolean(), {
      description:
        "Hand events to handlers as instances of the handler's event class, with values converted as far as possible; otherwise as plain objects.",
      default: true,
      python: true,
    }),
    event_fire_timeout: option(Type.Integer({ minimum: 1, maximum: LONGEST_TIMER }), {
      description: 'How long firing an event may take before it fails.',
      default: 5,
      python: 5,
      unit: 'seconds',
    }),
    event_listener_setup_timeout: option(Type.Integer(), {
      description: "How long setting up a listener may take in Python's blocking interface.",
      default: 1,
      python: 1,
      unit: 'seconds',
      used: false,
    }),
    event_transport: nullable(eventTransport),
    rpc_timeout: rpcTimeout,
    rpc_transport: rpcTransport,
    result_transport: resultTransport,
  },
  { description: 'Options of one API.' },
);
