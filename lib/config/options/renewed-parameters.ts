import { describeFound, isPlainObject } from '../checks/describe-found.js';
import { maskUrl } from '../checks/mask.js';
import {
  checkConnectionParameters,
  clientParameters,
  saysAddress,
  unknownParameters,
  type ConnectionParameters,
  type ConnectionParametersFunction,
} from './connection-parameters.js';

/** How much is told of why a function gave none, in characters. */
const LONGEST = 300;

/** What other clients call it: left out, the client would connect elsewhere, or as somebody else. */
const CALLED: ReadonlyMap<string, string> = new Map([
  ['url', 'host and port'],
  ['uri', 'host and port'],
  ['hostname', 'host'],
  ['database', 'db'],
  ['user', 'username'],
  ['pass', 'password'],
]);

const SECRETS: readonly string[] = ['password', 'sentinelPassword'];

/** What a URL sets, as it is without one: so much of it would be left beside an address. */
const WITHOUT_URL: ConnectionParameters = {
  host: '127.0.0.1',
  port: 6379,
  path: undefined,
  db: 0,
  username: undefined,
  password: undefined,
  family: undefined,
  tls: undefined,
};

const yielding = new WeakMap<ConnectionParametersFunction, ConnectionParametersFunction>();

/**
 * The function for a place whose `url` is not the configuration's own: where its answer says where Redis is, nothing
 * of that URL is left, its password above all. Always the same for the same function.
 */
export function besideOthersUrl(given: ConnectionParametersFunction): ConnectionParametersFunction {
  const known = yielding.get(given);
  if (known) return known;
  const ask = parametersInForce(given) as ConnectionParametersFunction;
  const answer = async () => {
    const parameters = await ask();
    return saysAddress(parameters) ? { ...WITHOUT_URL, ...parameters } : parameters;
  };
  yielding.set(given, answer);
  // It has been asked, and checked, by the time that it answers.
  asked.set(answer, answer);
  return answer;
}

const asked = new WeakMap<ConnectionParametersFunction, ConnectionParametersFunction>();

/** What the Redis client gets, or is to ask for: always the same for the same function. */
export function parametersInForce(
  given: ConnectionParameters | ConnectionParametersFunction,
): ConnectionParameters | ConnectionParametersFunction {
  if (typeof given !== 'function') return clientParameters(given);
  const ask = asked.get(given) ?? asking(given);
  asked.set(given, ask);
  return ask;
}

/** Rejects with an `Error` that says why, in one bounded text without the secrets that can be known. */
function asking(given: ConnectionParametersFunction): ConnectionParametersFunction {
  /** Of the last answer: the next failure may quote them. */
  let secrets: readonly string[] = [];
  return async () => {
    // Without what was thrown as its cause, which would be printed with it.
    const answer: unknown = await Promise.resolve()
      .then(given)
      .catch((thrown: unknown) => {
        throw new Error(describeThrown(thrown, secrets));
      });
    const parameters = checked(answer);
    secrets = SECRETS.map((name) => parameters[name]).filter((one) => typeof one === 'string');
    return parameters;
  };
}

/** @throws Error in words, without values. */
function checked(answer: unknown): ConnectionParameters {
  if (!isPlainObject(answer)) {
    throw new Error(`expected an object; found ${describeFound(answer, true)}`);
  }
  for (const { name, nearest = CALLED.get(name) } of unknownParameters(answer)) {
    // What else there is beside the parameters, such as when they expire, does no harm.
    if (nearest !== undefined) {
      throw new Error(
        `expected ${nearest}; found ${describeFound(name)}, which ioredis is not given`,
      );
    }
  }
  const [violation] = checkConnectionParameters(answer);
  if (!violation) return clientParameters(answer);
  const { path = [], expected, found = 'another value' } = violation;
  throw new Error(`${path.join('.')}: expected ${expected}; found ${found}`);
}

function describeThrown(thrown: unknown, secrets: readonly string[]): string {
  let text = messageOf(thrown);
  for (const secret of secrets) text = text.replaceAll(secret, '***');
  const masked = text
    .slice(0, 10 * LONGEST)
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s'"<>]+/gi, maskUrl)
    .replace(
      /((?:pass(?:word|wd)?|secret|token|(?:api|access)[-_]?key|authorization)["']?\s*[:=]\s*["']?(?:(?:bearer|basic)\s+)?)[^\s"'&,;]+/gi,
      '$1***',
    );
  return masked.length > LONGEST ? `${masked.slice(0, LONGEST)}…` : masked;
}

/** Never throws: anything may be thrown. */
function messageOf(thrown: unknown): string {
  try {
    const isObject = typeof thrown === 'object' && thrown !== null;
    const message: unknown = isObject ? Reflect.get(thrown, 'message') : undefined;
    return typeof message === 'string' && message !== '' ? message : String(thrown);
  } catch {
    return `it threw what can't be shown (${typeof thrown})`;
  }
}
