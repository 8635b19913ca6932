import Type from 'typebox';
import { nullable, option, section } from './option.js';
import {
  checkSingleTransport,
  connectionParameters,
  redisUrl,
  singleTransport,
  transportChosenAnew,
} from './event-transport.options.js';

/** What Lightbus has for remote procedure calls. Known, so that one file serves
 * Python too, but not used: only types are checked, because limits are Python's business. */

const seconds = (value: number, description: string) =>
  option(Type.Integer(), {
    description,
    default: value,
    python: value,
    unit: 'seconds',
  });

const className = (value: string, description: string) =>
  option(Type.String(), { description, default: value, python: value });

const serializers = {
  serializer: className('lightbus.serializers.BlobMessageSerializer', 'Writes messages.'),
  deserializer: className('lightbus.serializers.BlobMessageDeserializer', 'Reads messages.'),
};

/** A transport that only logs, for Python's own development. */
export const debugTransport = nullable(
  section({}, { description: "Python's transport that only logs.", used: false }),
);

/** `apis.*.rpc_transport`. */
export const rpcTransport = nullable(
  section(
    {
      redis: nullable(
        section(
          {
            url: redisUrl,
            connection_parameters: connectionParameters({ maxsize: 100 }),
            batch_size: option(Type.Integer(), {
              description: 'How many calls a worker fetches at once.',
              default: 10,
              python: 10,
              unit: 'calls',
            }),
            rpc_timeout: seconds(5, 'How long a call may take.'),
            rpc_retry_delay: seconds(1, 'How long to wait before a failed call is tried again.'),
            consumption_restart_delay: seconds(5, 'How long to wait after a failure of Redis.'),
            ...serializers,
          },
          { description: 'Calls on Redis lists.' },
        ),
      ),
      debug: debugTransport,
    },
    {
      description: 'Where remote procedure calls go.',
      used: false,
      keywords: singleTransport('redis', 'debug'),
      rule: checkSingleTransport,
      yields: transportChosenAnew,
    },
  ),
);

/** `apis.*.result_transport`. */
export const resultTransport = nullable(
  section(
    {
      redis: nullable(
        section(
          {
            url: redisUrl,
            connection_parameters: connectionParameters({ maxsize: 100 }),
            result_ttl: seconds(60, 'How long a result waits for its caller.'),
            rpc_timeout: seconds(5, 'How long a caller waits for the result.'),
            ...serializers,
          },
          { description: 'Results on Redis lists.' },
        ),
      ),
      debug: debugTransport,
    },
    {
      description: 'Where results of remote procedure calls go.',
      used: false,
      keywords: singleTransport('redis', 'debug'),
      rule: checkSingleTransport,
      yields: transportChosenAnew,
    },
  ),
);

/** `apis.*.rpc_timeout`. */
export const rpcTimeout = option(Type.Integer(), {
  description: 'How long a remote procedure call may take.',
  default: 5,
  python: 5,
  unit: 'seconds',
  used: false,
});
